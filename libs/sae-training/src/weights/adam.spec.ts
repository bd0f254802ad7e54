import { createRandom } from '@facet/random';
import { engineOf } from '../engines/registry.ts';
import { resolveConfig } from '../resolve-config.ts';
import { initialWeights } from './initial-weights.ts';

describe.each(['cpu', 'tfjs:wasm'])('the first step of Adam on engine %s', (engine) => {
  test('moves a weight by the learning rate, to f32 precision', async () => {
    const random = createRandom(3n);
    const x = Float32Array.from({ length: 64 * 8 }, () => random.gaussian() + 0.3);
    const recipe = { name: 'standard' } as const;
    const config = resolveConfig({ recipe, d_sae: 24, batch_rows: 64 }, { d_in: 8, rows: 64 });
    const session = await engineOf(engine).open(config, initialWeights(config, x));
    session.fill(x, 0);
    await session.step(0, 1e-2, new Uint32Array(0));
    // Biases begin at 0, so that nothing is lost in adding. m / √v is 1 only where bias corrections fit the moments.
    const { b_enc } = session.weights();
    await session.close();
    expect(Math.max(...b_enc.map(Math.abs)) / 1e-2).toBeCloseTo(1, 6);
  });
});
