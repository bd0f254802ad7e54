import { createRandom } from '@facet/random';
import type { TrainingConfig } from '../config.ts';
import type { RecipeConfig } from '../recipes/recipe-config.ts';
import { createMemorySource, type RowSource } from '../rows/row-source.ts';
import { keep } from '../testing/kept-checkpoint.ts';
import type { Checkpoint, SavedCheckpoint } from './checkpoint.ts';
import { type TrainedSae, type TrainingResult, type TrainSaesOptions, trainSae, trainSaes } from './train.ts';

const D_IN = 12;
const BATCH = 64;
const STEPS = 30;

function configOf(recipe: RecipeConfig, d_sae: number, change: Partial<TrainingConfig> = {}): TrainingConfig {
  const tokens = BATCH * STEPS;
  const shared = { batch_rows: BATCH, tokens, dead_window_tokens: BATCH * 2, seed: 5n, threads: 1 };
  return { recipe, d_sae, learning_rate: 3e-3, ...shared, ...change };
}

/** Every recipe, with sizes of their own. */
const CONFIGS: readonly TrainingConfig[] = [
  configOf({ name: 'topk', k: 2 }, 40),
  configOf({ name: 'topk', k: 5 }, 96),
  configOf({ name: 'batchtopk', k: 3 }, 64),
  configOf({ name: 'jumprelu', target_l0: 4 }, 48),
  configOf({ name: 'standard', lambda: 1 }, 32),
  configOf({ name: 'gated', lambda: 1 }, 56),
  configOf({ name: 'matryoshka', k: 3 }, 64),
];

/** Of rows as large as `HUGE` one takes that overflows, because it does not scale them. */
const HUGE = 1e16;
const SCALED = configOf({ name: 'topk', k: 2 }, 40, { input_scale: 'expected_average_only_in' });
const DIVERGING: TrainingConfig = { ...SCALED, input_scale: 'none' };

/** 1000 rows, so that batches run across the ends of the epochs; counts how often a pass begins. */
function countedRows(scale = 1): RowSource & { passes: { epochs: number; heldOut: number } } {
  const random = createRandom(7n);
  const x = Float32Array.from({ length: 1000 * D_IN }, () => (random.gaussian() ** 3 + 0.5) * scale);
  const source = createMemorySource(D_IN, x, x.slice(0, 200 * D_IN));
  const passes = { epochs: 0, heldOut: 0 };
  return {
    ...source,
    passes,
    epoch: (...at) => {
      passes.epochs++;
      return source.epoch(...at);
    },
    heldOut: () => {
      passes.heldOut++;
      return source.heldOut();
    },
  };
}

async function resultsOf(options: TrainSaesOptions): Promise<TrainingResult[]> {
  const results: TrainingResult[] = [];
  for await (const result of trainSaes(options)) results.push(result);
  return results;
}

async function trainTogether(options: TrainSaesOptions): Promise<TrainedSae[]> {
  return (await resultsOf(options)).map((result) => {
    if ('error' in result) throw result.error;
    return result.trained;
  });
}

/** Trains on rows of a scale until done, suspended after every step of `ends`. */
async function trainInPieces(
  configs: readonly TrainingConfig[],
  ends: readonly number[],
  scale = 1,
): Promise<TrainingResult[]> {
  let newest: SavedCheckpoint | undefined;
  const save = async (checkpoint: Checkpoint) => {
    newest = keep(checkpoint);
  };
  for (const end of ends) {
    const suspend = new AbortController();
    const onProgress = ({ step }: { step: number }) => step === end && suspend.abort();
    const checkpointing = { newest, due: () => false, save };
    const piece = { configs, source: countedRows(scale), checkpointing, suspend: suspend.signal, onProgress };
    await expect(resultsOf(piece)).rejects.toMatchObject({ reason: 'TRAINING_SUSPENDED' });
    expect(newest?.step).toBe(end);
  }
  const checkpointing = { newest, due: () => false, save };
  return resultsOf({ configs, source: countedRows(scale), checkpointing });
}

describe('trainSaes', () => {
  let together: TrainedSae[];
  const source = countedRows();
  beforeAll(async () => {
    together = await trainTogether({ configs: CONFIGS, source });
  });

  test.each(CONFIGS.map((config, i) => [`${config.recipe.name} ${config.d_sae}`, i, config] as const))(
    'gives the same bits as training %s alone',
    async (_, i, config) => {
      const alone = await trainSae({ config, source: countedRows() });
      expect(together[i]).toEqual(alone);
      expect(together[i].sae.W_dec.some((value) => value !== 0)).toBe(true);
    },
  );

  test('reads the rows once for all', async () => {
    const one = countedRows();
    await trainSae({ config: CONFIGS[0], source: one });
    expect(source.passes).toEqual(one.passes);
  });

  test('gives the same bits when it was interrupted on the way', async () => {
    const resumed = await trainInPieces(CONFIGS, [1, 16, 29]);
    expect(resumed).toEqual(together.map((trained) => ({ trained })));
  });

  test('says which SAE a step and a point of the curves belong to', async () => {
    const steps: string[] = [];
    const points = [0, 0];
    const configs = CONFIGS.slice(0, 2);
    await resultsOf({
      configs,
      source: countedRows(),
      onProgress: ({ step }, member) => steps.push(`${step}/${member}`),
      onHistory: (more, _, member) => {
        points[member] += more.length;
      },
    });
    expect(steps.slice(0, 4)).toEqual(['1/0', '1/1', '2/0', '2/1']);
    expect(steps).toHaveLength(2 * STEPS);
    expect(points).toEqual([STEPS, STEPS]);
  });

  test('gives one up that diverges, and trains the others to the same bits, interrupted or not', async () => {
    const configs = [SCALED, DIVERGING, { ...SCALED, d_sae: 64 }];
    const results = await resultsOf({ configs, source: countedRows(HUGE) });
    for (const i of [0, 2]) {
      const alone = await trainSae({ config: configs[i], source: countedRows(HUGE) });
      expect(results[i]).toEqual({ trained: alone });
    }
    const message = 'training diverged at step 1 of 30; lower learning_rate';
    expect(results[1]).toMatchObject({ error: { reason: 'TRAINING_DIVERGED', message } });
    expect(await trainInPieces(configs, [3, 20], HUGE)).toEqual(results);
  });

  test('throws when all diverge', async () => {
    const training = resultsOf({ configs: [DIVERGING, DIVERGING], source: countedRows(HUGE) });
    await expect(training).rejects.toMatchObject({ reason: 'TRAINING_DIVERGED' });
  });

  test('stops between two SAEs of a step when it is cancelled', async () => {
    const cancel = new AbortController();
    const seen: number[] = [];
    const training = resultsOf({
      configs: CONFIGS,
      source: countedRows(),
      signal: cancel.signal,
      onProgress: (_, member) => {
        seen.push(member);
        if (member === 2) cancel.abort();
      },
    });
    await expect(training).rejects.toMatchObject({ kind: 'cancelled' });
    expect(seen).toEqual([0, 1, 2]);
  });

  test('refuses a checkpoint of other SAEs, and says what differs', async () => {
    let newest: SavedCheckpoint | undefined;
    const save = async (checkpoint: Checkpoint) => {
      newest = keep(checkpoint);
    };
    const configs = CONFIGS.slice(0, 2);
    await resultsOf({ configs, source: countedRows(), checkpointing: { due: (step) => step === 3, save } });
    const checkpointing = { newest, due: () => false, save };
    const other = [configs[0], configOf({ name: 'topk', k: 6 }, 96)];
    await expect(resultsOf({ configs: other, source: countedRows(), checkpointing })).rejects.toMatchObject({
      reason: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining("its configs.1.recipe.k is 5, this run's 6"),
    });
  });

  test.each([
    [{ seed: 6n }, /one seed, but two have 5 and 6/],
    [{ batch_rows: 32 }, /one batch_rows, but two have 64 and 32/],
    [{ tokens: BATCH }, /one tokens, but two have 1920 and 64/],
  ])('refuses SAEs that would not train on the same batches: %p', async (change, message) => {
    const configs = [CONFIGS[0], { ...CONFIGS[1], ...change }];
    await expect(resultsOf({ configs, source: countedRows() })).rejects.toThrow(message);
  });

  test.each([0, 65])('refuses %i SAEs', async (count) => {
    const configs = Array.from({ length: count }, () => CONFIGS[0]);
    await expect(resultsOf({ configs, source: countedRows() })).rejects.toThrow(/from 1 to 64/);
  });
});
