export { readSteeringConfig, type SteeringConfig } from './config.ts';
export { type RunningSteering, type SteeringDependencies, startSteering } from './service.ts';
