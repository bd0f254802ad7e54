import { createMemoryBudget } from '../memory/memory-budget.ts';
import { createLanePool, TINY_MODEL_BYTES } from './lane-pool.ts';

const OPTIONS = {
  folder: '.',
  threads: 2,
  maxSessions: 2,
  maxRunMs: 600_000,
  memory: createMemoryBudget(2 ** 40).account(),
};
const [PLAIN, PACKED] = [{ isPacked: false }, { isPacked: true }];

describe('createLanePool', () => {
  test('decodes in lanes of their own, so that no step waits for a pass over whole contexts or for packing', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: TINY_MODEL_BYTES + 1 });
    expect(pool.size).toBe(2);
    const lanes = new Set([pool.idlest(), pool.decoding(PLAIN), pool.decoding(PACKED)]);
    expect(lanes.size).toBe(3);
    expect(pool.decoding(PLAIN)).toBe(pool.decoding(PLAIN));
    await pool.close();
  });

  test('spreads the generations of a tiny model over its lanes', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: TINY_MODEL_BYTES });
    const first = pool.decoding(PLAIN);
    await first.keep({ perRow: {}, shared: {}, inPlace: [] });
    expect(pool.decoding(PACKED)).not.toBe(first);
    await pool.close();
  });

  test('gives all threads to one lane where the weights are large', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: 2 ** 31 });
    expect(pool.size).toBe(1);
    await pool.close();
  });
});
