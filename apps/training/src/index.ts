export { readTrainingConfig, type TrainingServiceConfig } from './config.ts';
export { findTrainingOrphans } from './runs/records/training-orphans.ts';
export { type RunningTraining, startTraining, type TrainingDependencies } from './service.ts';
