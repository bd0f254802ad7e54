export { type FeaturesConfig, readFeaturesConfig } from './config.ts';
export { openIndexOrphans } from './indexing/open-index-orphans.ts';
export { type FeaturesDependencies, type RunningFeatures, startFeatures } from './service.ts';
