import { createRandom } from '@facet/random';
import { createToy, type Toy } from './toy.ts';
import { drawBatch, type ToyBatch } from './toy-batch.ts';
import { lossAndGradient } from './toy-gradient.ts';

const DIFFERENCE = 1e-6;

/** The loss as the paper writes it, through h. */
function lossByDefinition({ n, m, W, b }: Toy, batch: ToyBatch, importance: Float64Array): number {
  let loss = 0;
  for (let r = 0; r < batch.rows; r++) {
    const x = new Float64Array(n);
    for (let e = batch.offsets[r]; e < batch.offsets[r + 1]; e++) x[batch.features[e]] = batch.values[e];
    const h = Float64Array.from({ length: m }, (_, d) =>
      x.reduce((sum, x_i, i) => sum + x_i * W[i * m + d], 0),
    );
    for (let i = 0; i < n; i++) {
      const output = Math.max(
        0,
        h.reduce((sum, h_d, d) => sum + h_d * W[i * m + d], b[i]),
      );
      loss += importance[i] * (x[i] - output) ** 2 * (batch.rowWeights?.[r] ?? 1 / batch.rows);
    }
  }
  return loss;
}

function emptyGradient({ W, b }: Toy) {
  return { W: new Float64Array(W.length), b: new Float64Array(b.length) };
}

function exampleToy(density: number) {
  const random = createRandom(5n);
  const toy = createToy(7, 3, random);
  for (let i = 0; i < toy.n; i++) toy.b[i] = 0.1 * random.gaussian();
  const importance = Float64Array.from({ length: toy.n }, () => 0.5 + random.uniform());
  return { toy, importance, batch: drawBatch({ n: toy.n, density }, 20, random) };
}

describe('lossAndGradient', () => {
  test.each([1, 0.6, 0.2])('gives the loss of the definition at density %p', (density) => {
    const { toy, importance, batch } = exampleToy(density);
    const loss = lossAndGradient(toy, batch, importance, emptyGradient(toy));
    expect(loss).toBeCloseTo(lossByDefinition(toy, batch, importance), 12);
  });

  test.each([1, 0.6, 0.2])('gives the gradient of finite differences at density %p', (density) => {
    const { toy, importance, batch } = exampleToy(density);
    const gradient = emptyGradient(toy);
    lossAndGradient(toy, batch, importance, gradient);
    for (const name of ['W', 'b'] as const) {
      for (let p = 0; p < toy[name].length; p++) {
        const value = toy[name][p];
        toy[name][p] = value + DIFFERENCE;
        const above = lossByDefinition(toy, batch, importance);
        toy[name][p] = value - DIFFERENCE;
        const below = lossByDefinition(toy, batch, importance);
        toy[name][p] = value;
        expect(gradient[name][p]).toBeCloseTo((above - below) / (2 * DIFFERENCE), 7);
      }
    }
  });

  test('weights rows as the batch says', () => {
    const { toy, importance, batch } = exampleToy(0.6);
    const rowWeights = Float64Array.from({ length: batch.rows }, (_, r) => (r === 3 ? 1 : 0));
    const weighted = { ...batch, rowWeights };
    const gradient = emptyGradient(toy);
    const loss = lossAndGradient(toy, weighted, importance, gradient);
    expect(loss).toBeCloseTo(lossByDefinition(toy, weighted, importance), 12);
    expect(loss).not.toBeCloseTo(lossByDefinition(toy, batch, importance), 3);
  });
});
