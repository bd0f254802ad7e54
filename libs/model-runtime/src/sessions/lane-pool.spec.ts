import { createGraph } from '@facet/onnx';
import { createMemoryBudget } from '../memory/memory-budget.ts';
import type { GraphProgram, Lane } from './lane.ts';
import { createLanePool, TINY_MODEL_BYTES } from './lane-pool.ts';

const OPTIONS = {
  folder: '.',
  threads: 2,
  maxSessions: 2,
  maxRunMs: 600_000,
  memory: createMemoryBudget(2 ** 40).account(),
};
const [PLAIN, PACKED] = [
  { key: 'plain', isPacked: false },
  { key: 'packed', isPacked: true },
];
const NOTHING = { perRow: {}, shared: {}, inPlace: [] };

/** A graph that gives back x [n]. */
function echo(key: string): GraphProgram {
  const graph = createGraph('echo');
  graph.output(graph.node('Identity', [graph.input('x', 'F32', ['n'])], { outputs: ['y'] }), 'F32', ['n']);
  const { bytes } = graph.build();
  return { key, isPacked: false, build: () => bytes };
}

async function runOnce(lane: Lane, program: GraphProgram): Promise<void> {
  const x = { type: 'float32' as const, dims: [1], data: Float32Array.of(1) };
  await lane.run(program, { feeds: { x }, outputs: ['y'] });
}

describe('createLanePool', () => {
  test('decodes in lanes of their own, so that no step waits for a pass over whole contexts or for packing', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: TINY_MODEL_BYTES + 1 });
    expect(pool.size).toBe(2);
    const lanes = new Set([pool.idlest(), pool.decoding(PLAIN), pool.decoding(PACKED)]);
    expect(lanes.size).toBe(3);
    expect(pool.decoding(PLAIN)).toBe(pool.decoding(PLAIN));
    await pool.close();
  });

  test('compiles for a text where none is under way, and goes where its program is', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: TINY_MODEL_BYTES + 1 });
    const programs = [0, 1, 2, 3, 4].map((i) => echo(`steered ${i}`));
    const lanes: Lane[] = [];
    for (const program of programs.slice(0, 4)) {
      const lane = pool.decoding(program);
      await lane.keep(NOTHING);
      await runOnce(lane, program);
      lanes.push(lane);
    }
    expect(new Set(lanes).size).toBe(4);
    for (const [i, lane] of lanes.entries()) expect(pool.decoding(programs[i]!)).toBe(lane);
    // Threads are not without end: the fifth waits with one of the texts.
    expect(lanes).toContain(pool.decoding(programs[4]!));
    await lanes[2]!.drop(0);
    expect(lanes[2]!.keptCount).toBe(0);
    expect(pool.decoding(programs[4]!)).toBe(lanes[2]);
    await pool.close();
  });

  test('spreads the generations of a tiny model over its lanes', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: TINY_MODEL_BYTES });
    const first = pool.decoding(PLAIN);
    await first.keep(NOTHING);
    expect(pool.decoding(PACKED)).not.toBe(first);
    await pool.close();
  });

  test('gives all threads to one lane where the weights are large', async () => {
    const pool = createLanePool({ ...OPTIONS, mappedBytes: 2 ** 31 });
    expect(pool.size).toBe(1);
    await pool.close();
  });
});
