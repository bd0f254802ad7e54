import { createRandom } from '@facet/random';
import { cpuEngine } from '../engines/cpu/cpu-engine.ts';
import { resolveConfig } from '../resolve-config.ts';
import type { Weights } from '../weights/weights.ts';
import { calibrateThresholds } from './calibrate-threshold.ts';

const D_IN = 10;
const D_SAE = 37;
const BATCH = 32;
const K = 4;

function fixture(rows: number, bias = 0): { weights: Weights; x: Float32Array } {
  const random = createRandom(8n);
  const draw = (length: number) => Float32Array.from({ length }, () => random.gaussian());
  const weights = {
    W_enc: draw(D_SAE * D_IN),
    b_enc: draw(D_SAE).map((value) => value + bias),
    W_dec: draw(D_SAE * D_IN),
    b_dec: draw(D_IN),
  };
  return { weights, x: draw(rows * D_IN) };
}

async function calibrate({ weights, x }: ReturnType<typeof fixture>) {
  const recipe = { name: 'topk' as const, k: K };
  const shape = { d_in: D_IN, rows: BATCH };
  const config = resolveConfig({ recipe, d_sae: D_SAE, batch_rows: BATCH, threads: 1 }, shape);
  const session = await cpuEngine.open(config, weights);
  async function* rows() {
    for (let at = 0; at < x.length; at += BATCH * D_IN) yield x.subarray(at, at + BATCH * D_IN);
  }
  const [calibrated] = await calibrateThresholds([{ session, k: K }], { rows, d_in: D_IN });
  await session.close();
  return calibrated;
}

/** All pre-activations in f64, largest first. */
function preActivations({ weights, x }: ReturnType<typeof fixture>): number[] {
  const { W_enc, b_enc, b_dec } = weights;
  const pre: number[] = [];
  for (let r = 0; r < x.length / D_IN; r++) {
    for (let i = 0; i < D_SAE; i++) {
      let sum = b_enc[i];
      for (let j = 0; j < D_IN; j++) sum += (x[r * D_IN + j] - b_dec[j]) * W_enc[i * D_IN + j];
      pre.push(sum);
    }
  }
  return pre.sort((a, b) => b - a);
}

describe('calibrateThresholds', () => {
  test.each([1, 32, 500])('finds the (n·k)-th largest pre-activation of %i rows', async (rows) => {
    const given = fixture(rows);
    const pre = preActivations(given);
    const { threshold, rows: read } = await calibrate(given);
    expect(read).toBe(rows);
    expect(threshold).toBeGreaterThan(0);
    expect(threshold / pre[rows * K - 1]).toBeCloseTo(1, 5);
    const firing = pre.filter((value) => value > threshold).length;
    expect(rows * K - firing).toBeGreaterThanOrEqual(0);
    expect(rows * K - firing).toBeLessThanOrEqual(1);
  });

  test('answers the k-th largest of the row where all rows are equal', async () => {
    const { weights, x } = fixture(100);
    for (let at = D_IN; at < x.length; at++) x[at] = x[at - D_IN];
    const { threshold } = await calibrate({ weights, x });
    expect(threshold / preActivations({ weights, x: x.subarray(0, D_IN) })[K - 1]).toBeCloseTo(1, 5);
  });

  test('answers 0 where fewer than k per row are positive', async () => {
    const given = fixture(100, -6);
    const positive = preActivations(given).filter((value) => value > 0).length;
    expect(positive).toBeGreaterThan(0);
    expect(positive).toBeLessThan(100 * K);
    expect(await calibrate(given)).toEqual({ threshold: 0, rows: 100 });
  });
});
