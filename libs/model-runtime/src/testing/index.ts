export { expectClose } from './closeness.ts';
export { describeSharedModels } from './shared-models.ts';
export { createNoise } from './tiny-model.ts';
