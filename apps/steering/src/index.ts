export { readSteeringConfig, type SteeringConfig } from './config.ts';
export { repetition } from './repetition.ts';
export { type RunningSteering, type SteeringDependencies, startSteering } from './service.ts';
