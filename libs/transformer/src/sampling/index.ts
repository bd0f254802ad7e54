export { klDivergence, logNormalizer } from './distributions.ts';
export { createSamplingMemory, type SamplingMemory } from './draw-token.ts';
export {
  type LogitBias,
  MAX_LOGIT_BIASES,
  MAX_TEMPERATURE,
  MAX_TOP_LOGPROBS,
  requireSamplingOptions,
  type SamplingOptions,
} from './sampling-options.ts';
export { strongest, type TokenLogit } from './strongest.ts';
export {
  createTokenSampler,
  type DrawnToken,
  type SamplerRequest,
  type TokenLogprob,
  type TokenSampler,
} from './token-sampler.ts';
