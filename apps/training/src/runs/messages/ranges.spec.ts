import type { TrainingSpec } from '@facet/contracts';
import { writeSparseSet } from '../../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;

beforeAll(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy');
  replica = await system.start({ FACET_TRAINING_ROLES: 'api' });
});
afterAll(() => system.stop());

const STEPS = 25;
const MAX_UINT32 = 2 ** 32 - 1;
const MAX_UINT64 = 2n ** 64n - 1n;
const spec: Partial<TrainingSpec> = {
  activationSets: ['activationSets/toy'],
  dSae: 48,
  recipe: { $case: 'topk', value: { k: 3 } },
  tokens: BigInt(256 * STEPS),
  batchTokens: 256,
};
const create = (change: object) => replica.training.createTrainingRun({ spec: { ...spec, ...change } });
const recipe = ($case: string, value: object) => ({ recipe: { $case, value: { k: 3, ...value } } });

describe('createTrainingRun', () => {
  test.each<[string, object, string]>([
    ['warm-up longer than the run', { warmupSteps: STEPS + 1 }, 'spec.warmup_steps'],
    ['the largest warm-up', { warmupSteps: MAX_UINT32 }, 'spec.warmup_steps'],
    ['no features', { dSae: 0 }, 'spec.d_sae'],
    ['one feature', { dSae: 1 }, 'spec.d_sae'],
    ['too many features', { dSae: 2 ** 20 + 1 }, 'spec.d_sae'],
    ['tokens below a step', { tokens: 255n }, 'spec.tokens'],
    ['too many tokens', { tokens: 2n ** 40n + 1n }, 'spec.tokens'],
    ['the most tokens', { tokens: MAX_UINT64 }, 'spec.tokens'],
    ['too large a step', { batchTokens: 65_537 }, 'spec.batch_tokens'],
    ['a rate of 0', { learningRate: 0 }, 'spec.learning_rate'],
    ['a negative rate', { learningRate: -1e-3 }, 'spec.learning_rate'],
    ['a rate above 10', { learningRate: 10.1 }, 'spec.learning_rate'],
    ['a fall longer than the run', { decayFraction: 1.01 }, 'spec.decay_fraction'],
    ['a negative fall', { decayFraction: -0.01 }, 'spec.decay_fraction'],
    ['a negative clip', { gradientClipNorm: -1 }, 'spec.gradient_clip_norm'],
    ['a clip of any size', { gradientClipNorm: 1e300 }, 'spec.gradient_clip_norm'],
    ['no window', { deadWindowTokens: 0n }, 'spec.dead_window_tokens'],
    ['the longest window', { deadWindowTokens: MAX_UINT64 }, 'spec.dead_window_tokens'],
    ['all held out', { heldOutFraction: 0.51 }, 'spec.held_out_fraction'],
    ['a negative share', { heldOutFraction: -0.1 }, 'spec.held_out_fraction'],
    ['a multiple below 1', { maxNormMultiple: 0.5 }, 'spec.max_norm_multiple'],
    ['a multiple of any size', { maxNormMultiple: 1e300 }, 'spec.max_norm_multiple'],
    ['the most checkpoint steps', { checkpointSteps: MAX_UINT64 }, 'spec.checkpoint_steps'],
    ['more than a day', { checkpointMinutes: 1441 }, 'spec.checkpoint_minutes'],
    ['negative minutes', { checkpointMinutes: -1 }, 'spec.checkpoint_minutes'],
    ['k of 0', { recipe: { $case: 'topk', value: { k: 0 } } }, 'spec.topk.k'],
    ['k above d_sae', recipe('topk', { k: 49 }), 'spec.topk.k'],
    ['k_aux above d_sae', recipe('topk', { kAux: 49 }), 'spec.topk.k_aux'],
    ['k_aux of 0', recipe('batchtopk', { kAux: 0 }), 'spec.batchtopk.k_aux'],
    ['a negative alpha', recipe('topk', { auxkAlpha: -1 }), 'spec.topk.auxk_alpha'],
    ['a rate of threshold of 0', recipe('batchtopk', { thresholdRate: 0 }), 'spec.batchtopk.threshold_rate'],
    ['a negative lambda', recipe('standard', { lambda: -1 }), 'spec.standard.lambda'],
    ['a lambda of any size', recipe('gated', { lambda: 1e300 }), 'spec.gated.lambda'],
    [
      'the rarest resampling',
      recipe('standard', { resampleEvery: MAX_UINT64 }),
      'spec.standard.resample_every',
    ],
    ['a target above d_sae', recipe('jumprelu', { targetL0: 49 }), 'spec.jumprelu.target_l0'],
    ['no bandwidth', recipe('jumprelu', { targetL0: 3, bandwidth: 0 }), 'spec.jumprelu.bandwidth'],
    [
      'too many prefixes',
      recipe('matryoshka', { prefixes: Array.from({ length: 48 }, (_, i) => i + 1) }),
      'spec.matryoshka.prefixes',
    ],
    ['prefixes that fall', recipe('matryoshka', { prefixes: [4, 2, 48] }), 'spec.matryoshka.prefixes'],
    ['a variant with a rate of 0', { variants: [{}, { learningRate: 0 }] }, 'spec.learning_rate'],
    ['a variant of one feature', { variants: [{ dSae: 1 }] }, 'spec.d_sae'],
  ])('refuses %s with the field', async (_, change, field) => {
    await expect(create(change)).rejects.toMatchObject({ kind: 'invalid', field });
  });

  test.each<[string, object]>([
    ['warm-up as long as the run', { warmupSteps: STEPS }],
    ['no warm-up', { warmupSteps: 0 }],
    ['the largest rate', { learningRate: 10 }],
    ['shares of 0 and 1', { decayFraction: 1, heldOutFraction: 0 }],
    ['the longest window', { deadWindowTokens: 2n ** 40n }],
    ['no clipping', { gradientClipNorm: 0 }],
    ['any seed', { seed: MAX_UINT64 }],
    ['k of d_sae', recipe('topk', { k: 48 })],
  ])('takes %s', async (_, change) => {
    expect((await create(change)).trainingRun?.state).toBe('TRAINING_RUN_STATE_PENDING');
  });
});
