import { createRandom, type Random } from '@facet/random';
import { encodeReference, featureRows, type Sae } from '@facet/sae';
import type { TrainingConfig } from '../config.ts';
import { createMemorySource, type RowSource } from '../rows/row-source.ts';
import { type TrainingProgress, trainSae } from './train.ts';

const D_IN = 16;
const FEATURES = 24;
const ACTIVE = 3;

/** Rows that are sums of a few of 24 ground-truth directions, away from the origin. */
function sparseRows(rows: number, seed = 1n) {
  const random = createRandom(seed);
  const truth = directions(createRandom(99n));
  const x = new Float32Array(rows * D_IN);
  for (let r = 0; r < rows; r++) {
    for (let a = 0; a < ACTIVE; a++) {
      const i = random.below(FEATURES);
      const strength = 1 + random.uniform();
      for (let j = 0; j < D_IN; j++) x[r * D_IN + j] += strength * truth[i * D_IN + j];
    }
    for (let j = 0; j < D_IN; j++) x[r * D_IN + j] += 2;
  }
  return { x, truth };
}

function directions(random: Random): Float64Array {
  const rows = Array.from({ length: FEATURES }, () => {
    const row = Array.from({ length: D_IN }, () => random.gaussian());
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  });
  return Float64Array.from(rows.flat());
}

function meanMaxCosine(W_dec: Float32Array, truth: Float64Array): number {
  let total = 0;
  for (let i = 0; i < FEATURES; i++) {
    let best = -1;
    for (let s = 0; s < W_dec.length / D_IN; s++) {
      let cosine = 0;
      for (let j = 0; j < D_IN; j++) cosine += W_dec[s * D_IN + j] * truth[i * D_IN + j];
      best = Math.max(best, cosine);
    }
    total += best / FEATURES;
  }
  return total;
}

/** Mean features per row that fire where each is encoded alone, as steering does. */
function thresholdFormL0(sae: Sae, x: Float32Array): number {
  const { d_sae } = sae.cfg;
  const all = Array.from({ length: d_sae }, (_, i) => i);
  const { W_enc_rows, b_enc, threshold } = featureRows(sae, all);
  const rows = x.length / D_IN;
  let firings = 0;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < d_sae; i++) {
      let z = b_enc[i];
      for (let j = 0; j < D_IN; j++) z += x[r * D_IN + j] * W_enc_rows[i * D_IN + j];
      if (z > threshold[i]) firings++;
    }
  }
  return firings / rows;
}

/** The first `rows` rows of the first pass. */
async function firstRows(source: RowSource, rows: number): Promise<Float32Array> {
  const taken: number[] = [];
  for await (const chunk of source.epoch(config.seed!, 0)) taken.push(...chunk);
  return Float32Array.from(taken.slice(0, rows * D_IN));
}

const config: TrainingConfig = {
  recipe: { name: 'topk', k: ACTIVE },
  d_sae: 48,
  batch_rows: 256,
  tokens: 256 * 700,
  learning_rate: 3e-3,
  dead_window_tokens: 256 * 50,
  seed: 5n,
  threads: 1,
};

describe('trainSae', () => {
  test('recovers the directions that rows are made of', async () => {
    const { x, truth } = sparseRows(8192);
    const held = sparseRows(1024, 2n).x;
    const losses: number[] = [];
    const onProgress = ({ loss }: TrainingProgress) => losses.push(loss);
    const source = createMemorySource(D_IN, x, held);
    const { sae, metrics, sparsity } = await trainSae({ config, source, onProgress });
    expect(meanMaxCosine(sae.W_dec, truth)).toBeGreaterThan(0.97);
    expect(metrics.fvu).toBeLessThan(0.08);
    expect(metrics.explained_variance).toBeCloseTo(1 - metrics.fvu, 12);
    expect(metrics.held_out_rows).toBe(1024);
    expect(losses).toHaveLength(700);
    expect(losses.at(-1)!).toBeLessThan(0.2 * losses[0]);
    // The metrics are those of the SAE that is handed out.
    const acts = encodeReference(sae, held, 1024);
    expect(acts.indices.length / 1024).toBeCloseTo(metrics.l0, 2);
    expect(10 ** Math.max(...sparsity)).toBeGreaterThan(0.05);
  });

  test('leaves a threshold at which features encoded alone fire as often as the selection', async () => {
    const held = sparseRows(4096, 2n).x;
    const source = createMemorySource(D_IN, sparseRows(20_000).x, held);
    const { sae } = await trainSae({ config, source });
    const sample = await firstRows(source, 16_384);
    expect(sae.cfg.metadata.inference_threshold_rows).toBe(16_384);
    expect(Math.abs(thresholdFormL0(sae, sample) - ACTIVE)).toBeLessThanOrEqual(1.001 / 16_384);
    expect(Math.abs(thresholdFormL0(sae, held) / ACTIVE - 1)).toBeLessThan(0.03);
  });

  test('calibrates on every training row where there are few, once each', async () => {
    const { x } = sparseRows(1000);
    const short = { ...config, tokens: 256 * 20 };
    const { sae } = await trainSae({ config: short, source: createMemorySource(D_IN, x, x) });
    expect(sae.cfg.metadata.inference_threshold_rows).toBe(1000);
    expect(Math.abs(thresholdFormL0(sae, x) - ACTIVE)).toBeLessThanOrEqual(1.001 / 1000);
  });

  test('gives bit-identical weights for equal seeds, and others for another seed', async () => {
    const { x } = sparseRows(2048);
    const train = async (seed: bigint) => {
      const source = createMemorySource(D_IN, x, new Float32Array(0));
      const short = { ...config, tokens: 256 * 40, seed, threads: 0 };
      return (await trainSae({ config: short, source })).sae;
    };
    const [first, again, other] = [await train(1n), await train(1n), await train(2n)];
    expect(again.W_enc).toEqual(first.W_enc);
    expect(again.W_dec).toEqual(first.W_dec);
    expect(again.b_dec).toEqual(first.b_dec);
    expect(again.cfg).toEqual(first.cfg);
    expect(other.W_dec).not.toEqual(first.W_dec);
  });

  test('stops when it is cancelled', async () => {
    const cancel = new AbortController();
    const source = createMemorySource(D_IN, sparseRows(1024).x, new Float32Array(0));
    let steps = 0;
    const onProgress = () => {
      steps++;
      if (steps === 3) cancel.abort();
    };
    const training = trainSae({ config, source, signal: cancel.signal, onProgress });
    await expect(training).rejects.toMatchObject({ kind: 'cancelled' });
    expect(steps).toBe(3);
  });

  test('hears of its cancellation although its engine never waits', async () => {
    const cancel = new AbortController();
    const source = createMemorySource(D_IN, sparseRows(1024).x, new Float32Array(0));
    const steps = 8;
    const onProgress = ({ step }: TrainingProgress) => {
      if (step === 1) setImmediate(() => cancel.abort());
      if (step === steps) throw new Error('it trained to its end');
    };
    const long = { ...config, engine: 'tfjs:cpu', batch_rows: 64, tokens: 64 * steps };
    const training = trainSae({ config: long, source, signal: cancel.signal, onProgress });
    await expect(training).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('names the step at which training diverged', async () => {
    const source = createMemorySource(
      D_IN,
      sparseRows(1024).x.map((v) => v * 1e17),
      new Float32Array(0),
    );
    const training = trainSae({ config: { ...config, learning_rate: 10, decay_fraction: 0 }, source });
    await expect(training).rejects.toThrow(/step 1 /);
  });

  test.each([
    [{ recipe: { name: 'topk', k: 49 } }, /topk.k is 49; it must be an integer from 1 to 48/],
    [{ recipe: { name: 'vanilla' } }, /there is no recipe "vanilla"/],
    [{ learning_rate: Number.NaN }, /learning_rate is NaN/],
    [{ learning_rate: -1 }, /learning_rate is -1/],
    [{ d_sae: 1 }, /d_sae is 1; it must be an integer from 2/],
    [{ batch_rows: 5000 }, /batch_tokens 5000 is more than the 1024 rows/],
    [{ engine: 'cuda' }, /there is no training engine "cuda"; use cpu, tfjs/],
    [{ decay_fraction: 2 }, /decay_fraction is 2/],
  ])('refuses %j', async (change, message) => {
    const source = createMemorySource(D_IN, sparseRows(1024).x, new Float32Array(0));
    await expect(trainSae({ config: { ...config, ...change } as TrainingConfig, source })).rejects.toThrow(
      message,
    );
  });

  test('refuses an empty set', async () => {
    const source = createMemorySource(D_IN, new Float32Array(0), new Float32Array(0));
    await expect(trainSae({ config, source })).rejects.toMatchObject({ reason: 'ACTIVATION_SET_EMPTY' });
  });
});
