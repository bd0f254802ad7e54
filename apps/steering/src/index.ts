export { readSteeringConfig, type SteeringConfig } from './config.ts';
export { repetition } from './generation/repetition.ts';
export { type RunningSteering, type SteeringDependencies, startSteering } from './service.ts';
