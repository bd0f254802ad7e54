export { locateModel, locateModels } from './cache/locate-model.ts';
export { modelIdOf } from './model-id.ts';
export { type PulledModel, type PullOptions, type PullProgress, pullModel } from './pull/pull-model.ts';
export { describeRepository, parseRepository, type Repository, requireRepository } from './repository.ts';
export { cacheDirectoryOf, type HubSettings, readHubSettings } from './settings.ts';
