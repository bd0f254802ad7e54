export { readTrainingConfig, type TrainingServiceConfig } from './config.ts';
export { type RunningTraining, startTraining, type TrainingDependencies } from './service.ts';
export { findTrainingOrphans } from './training-orphans.ts';
