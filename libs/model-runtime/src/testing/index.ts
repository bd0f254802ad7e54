export { expectClose } from './closeness.ts';
export { crossingArrays } from './crossing-arrays.ts';
export { describeSharedModels } from './shared-models.ts';
export { createNoise, writeTinyModel } from './tiny-model.ts';
