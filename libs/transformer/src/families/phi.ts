import type { Family } from './family.ts';
import { readUngatedSpec, takeUngatedWeights } from './ungated.ts';

/** Phi 1, 1.5 and 2: attention and MLP read one LayerNorm, biases everywhere, the head's too. */
export const phi: Family = {
  architecture: 'PhiForCausalLM',
  read(config) {
    const options = {
      block: 'parallel-shared',
      tied: false,
      epsilonKey: 'layer_norm_eps',
      partial: 0.5,
      activation: 'gelu_new',
    } as const;
    const spec = readUngatedSpec(config, options);
    config.only('qk_layernorm', false);
    const own = {
      ...{ out: 'dense', up: 'fc1', down: 'fc2', finalNorm: 'model.final_layernorm' },
      norms: { ln1: 'input_layernorm' },
      ...{ bias: true, headBias: true },
    };
    return { spec, takeWeights: (tensors) => takeUngatedWeights(spec, tensors, own) };
  },
};
