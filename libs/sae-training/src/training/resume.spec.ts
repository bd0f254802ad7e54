import { createRandom } from '@facet/random';
import { createMemorySource, type RowSource } from '../rows/row-source.ts';
import { keep } from '../testing/kept-checkpoint.ts';
import type { Checkpoint, SavedCheckpoint } from './checkpoint.ts';
import { type TrainedSae, type TrainSaeOptions, trainSae } from './train.ts';

const D_IN = 12;
const BATCH = 64;
const STEPS = 90;

const config: TrainSaeOptions['config'] = {
  recipe: { name: 'topk', k: 2 },
  d_sae: 200,
  batch_rows: BATCH,
  tokens: BATCH * STEPS,
  learning_rate: 3e-3,
  dead_window_tokens: BATCH * 2,
  seed: 5n,
  threads: 1,
};

/** 1000 rows: batches of 64 run across the ends of the epochs. */
function rows(): RowSource {
  const random = createRandom(7n);
  const x = Float32Array.from({ length: 1000 * D_IN }, () => random.gaussian() ** 3 + 0.5);
  return createMemorySource(D_IN, x, x.slice(0, 200 * D_IN));
}

/** Trains until done, interrupted at every step of `interruptions`: killed, or asked to suspend. */
async function trainInPieces(interruptions: readonly number[], how: 'kill' | 'suspend'): Promise<TrainedSae> {
  let newest: SavedCheckpoint | undefined;
  for (const end of [...interruptions, Number.POSITIVE_INFINITY]) {
    const stop = new AbortController();
    const checkpointing = {
      newest,
      due: (step: number) => how === 'kill' && step % 7 === 0,
      save: async (checkpoint: Checkpoint) => {
        newest = keep(checkpoint);
      },
    };
    const signals = how === 'kill' ? { signal: stop.signal } : { suspend: stop.signal };
    const onProgress = ({ step }: { step: number }) => step === end && stop.abort();
    const training = trainSae({ config, source: rows(), checkpointing, ...signals, onProgress });
    if (end === Number.POSITIVE_INFINITY) return training;
    const reason = how === 'kill' ? 'CANCELLED' : 'TRAINING_SUSPENDED';
    await expect(training).rejects.toMatchObject({ reason });
    if (how === 'suspend') expect(newest?.step).toBe(end);
  }
  throw new Error('the last piece has no end');
}

describe('trainSae with checkpoints', () => {
  let unbroken: TrainedSae;
  beforeAll(async () => {
    unbroken = await trainSae({ config, source: rows() });
  });

  test.each([
    ['killed', 'kill', [3, 7, 25, 26, 60]],
    ['suspended', 'suspend', [1, 16, 40, 89]],
  ] as const)('gives the same bits when it was %s on the way', async (_, how, interruptions) => {
    const resumed = await trainInPieces(interruptions, how);
    for (const name of ['W_enc', 'b_enc', 'W_dec', 'b_dec'] as const) {
      expect(bits(resumed.sae[name])).toEqual(bits(unbroken.sae[name]));
    }
    expect(resumed.sae.cfg).toEqual(unbroken.sae.cfg);
    expect(resumed.metrics).toEqual(unbroken.metrics);
    expect(resumed.sparsity).toEqual(unbroken.sparsity);
    expect(resumed.history).toEqual(unbroken.history);
    expect(resumed.heldOut).toEqual(unbroken.heldOut);
    expect(unbroken.history).toHaveLength(STEPS);
    expect(unbroken.metrics.dead_fraction).toBeGreaterThan(0);
  });

  test('refuses a checkpoint of another configuration, and says what differs', async () => {
    let newest: SavedCheckpoint | undefined;
    const save = async (checkpoint: Checkpoint) => {
      newest = keep(checkpoint);
    };
    await trainSae({ config, source: rows(), checkpointing: { due: (step) => step === 3, save } });
    const checkpointing = { newest, due: () => false, save };
    const other = trainSae({ config: { ...config, learning_rate: 1e-3 }, source: rows(), checkpointing });
    await expect(other).rejects.toMatchObject({
      reason: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining("its learning_rate is 0.003, this run's 0.001"),
    });
  });

  test.each([
    ['gated', { name: 'gated' }],
    ['jumprelu', { name: 'jumprelu', target_l0: 2 }],
  ] as const)('refuses a checkpoint of %s from before its equations changed', async (_, recipe) => {
    const given = { config: { ...config, recipe }, source: rows() };
    let newest: SavedCheckpoint | undefined;
    const save = async (checkpoint: Checkpoint) => {
      const { recipe_revision, ...before } = JSON.parse(checkpoint.identity);
      expect(recipe_revision).toBe(2);
      newest = keep({ ...checkpoint, identity: JSON.stringify(before) });
    };
    await trainSae({ ...given, checkpointing: { due: (step) => step === 3, save } });
    const resumed = trainSae({ ...given, checkpointing: { newest, due: () => false, save } });
    await expect(resumed).rejects.toMatchObject({
      reason: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining("its recipe_revision is nothing, this run's 2"),
    });
  });

  test('still takes a checkpoint of a recipe whose equations are what they were', async () => {
    let newest: SavedCheckpoint | undefined;
    const save = async (checkpoint: Checkpoint) => {
      expect(JSON.parse(checkpoint.identity)).not.toHaveProperty('recipe_revision');
      newest = keep(checkpoint);
    };
    await trainSae({ config, source: rows(), checkpointing: { due: (step) => step === 80, save } });
    const resumed = await trainSae({
      config,
      source: rows(),
      checkpointing: { newest, due: () => false, save },
    });
    expect(bits(resumed.sae.W_dec)).toEqual(bits(unbroken.sae.W_dec));
  });

  test('measures how rows are reconstructed on the way and at the end', () => {
    const { heldOut, metrics } = unbroken;
    expect(heldOut.map(({ step }) => step)).toEqual([...Array(17).keys()].map((n) => 5 * (n + 1)));
    expect(heldOut[0].held_out_rows).toBe(200);
    expect(heldOut[0].fvu).toBeGreaterThan(metrics.fvu);
    expect(metrics.cosine).toBeGreaterThan(0.5);
    expect(metrics.cosine).toBeLessThan(1);
    expect(metrics.norm_ratio).toBeGreaterThan(0.5);
    expect(metrics.norm_ratio).toBeLessThan(1.1);
  });
});

function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

describe('createMemorySource', () => {
  test('goes on from any row of an epoch as if it had given those before', async () => {
    const whole: number[] = [];
    for await (const chunk of rows().epoch(3n, 2)) whole.push(...chunk);
    const rest: number[] = [];
    for await (const chunk of rows().epoch(3n, 2, 777)) rest.push(...chunk);
    expect(rest).toHaveLength(223 * D_IN);
    expect(rest).toEqual(whole.slice(777 * D_IN));
  });
});
