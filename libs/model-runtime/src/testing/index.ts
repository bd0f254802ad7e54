export { expectClose } from './closeness.ts';
export { describeSharedModels } from './shared-models.ts';
export { createNoise, writeTinyModel } from './tiny-model.ts';
