import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { resolveConfig } from '../../resolve-config.ts';
import { keep } from '../../testing/kept-checkpoint.ts';
import { patternedRows } from '../../testing/patterned-rows.ts';
import {
  type Checkpoint,
  identityOf,
  restoreCheckpoint,
  type SavedCheckpoint,
} from '../../training/checkpoint.ts';
import { type TrainedSae, trainSae } from '../../training/train.ts';

const D_IN = 12;
const BATCH = 64;

const config = (recipe: RecipeConfig, engine: string) => ({
  recipe,
  d_sae: 30,
  batch_rows: BATCH,
  tokens: BATCH * 30,
  learning_rate: 3e-3,
  dead_window_tokens: BATCH * 2,
  seed: 5n,
  engine,
});

/** Trains until done, suspended after each of the steps `interruptions`. */
async function trainInPieces(
  recipe: RecipeConfig,
  engine: string,
  interruptions: readonly number[],
): Promise<TrainedSae> {
  let newest: SavedCheckpoint | undefined;
  for (const end of interruptions) {
    const stop = new AbortController();
    const save = async (checkpoint: Checkpoint) => {
      newest = keep(checkpoint);
    };
    const training = trainSae({
      config: config(recipe, engine),
      source: patternedRows(D_IN),
      checkpointing: { newest, due: () => false, save },
      suspend: stop.signal,
      onProgress: ({ step }) => step === end && stop.abort(),
    });
    await expect(training).rejects.toMatchObject({ reason: 'TRAINING_SUSPENDED' });
    expect(newest?.step).toBe(end);
  }
  const checkpointing = { newest, due: () => false, save: async () => {} };
  return trainSae({ config: config(recipe, engine), source: patternedRows(D_IN), checkpointing });
}

const bits = (values: Float32Array | undefined) => values && new Uint32Array(values.slice().buffer);

describe('a checkpoint of tfjs', () => {
  const cases: [string, RecipeConfig][] = [
    ['tfjs:wasm', { name: 'standard', lambda: 1, resample_every: 5 }],
    ['tfjs:wasm', { name: 'batchtopk', k: 2 }],
    ['tfjs:wasm', { name: 'gated', lambda: 1 }],
    ['tfjs:cpu', { name: 'topk', k: 2 }],
  ];

  test.each(cases)('gives the same bits as an unbroken run: %s, %j', async (engine, recipe) => {
    const unbroken = await trainInPieces(recipe, engine, []);
    const resumed = await trainInPieces(recipe, engine, [1, 9, 22]);
    const names = ['W_enc', 'b_enc', 'W_dec', 'b_dec', 'threshold', 'b_gate', 'b_mag', 'r_mag'] as const;
    for (const name of names) expect(bits(resumed.sae[name])).toEqual(bits(unbroken.sae[name]));
    expect(resumed.metrics).toEqual(unbroken.metrics);
    expect(resumed.history).toEqual(unbroken.history);
    expect(resumed.sae.cfg).toEqual(unbroken.sae.cfg);
  });

  test('is refused on another backend, which would go on with other bits', async () => {
    const resolved = resolveConfig(config({ name: 'topk', k: 2 }, 'tfjs'), { d_in: D_IN, rows: 2000 });
    const saved = { step: 3, identity: identityOf([{ ...resolved, backend: 'wasm' }], 2000), restore: fail };
    const identity = identityOf([{ ...resolved, backend: 'tensorflow, GPU' }], 2000);
    await expect(restoreCheckpoint(saved, { identity, arrays: new Map() })).rejects.toMatchObject({
      reason: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining('its backend is "wasm", this run\'s "tensorflow, GPU"'),
    });
  });
});

async function fail(): Promise<void> {
  throw new Error('nothing may be restored');
}
