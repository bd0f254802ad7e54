export { type InferenceConfig, readInferenceConfig } from './config.ts';
export { type InferenceDependencies, type RunningInference, startInference } from './service.ts';
