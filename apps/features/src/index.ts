export { type FeaturesConfig, readFeaturesConfig } from './config.ts';
export { type FeaturesDependencies, type RunningFeatures, startFeatures } from './service.ts';
