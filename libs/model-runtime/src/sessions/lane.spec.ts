import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGraph } from '@facet/onnx';
import { createMemoryBudget } from '../memory/memory-budget.ts';
import { createLane, type GraphProgram, type Lane } from './lane.ts';

const ample = () => createMemoryBudget(2 ** 40).account();

/** A graph that multiplies x [n] by `factor`. */
function multiplyBy(factor: number): GraphProgram {
  const graph = createGraph('multiply');
  const x = graph.input('x', 'F32', ['n']);
  const constant = graph.constant('factor', { dtype: 'F32', shape: [1], data: Float32Array.of(factor) });
  graph.output(graph.node('Mul', [x, constant], { outputs: ['y'] }), 'F32', ['n']);
  const { bytes } = graph.build();
  return { key: `multiply by ${factor}`, isPacked: false, build: () => bytes };
}

const BROKEN: GraphProgram = { key: 'broken', isPacked: true, build: () => Uint8Array.of(1, 2, 3) };

/** A graph that adds the four floats of `weights.bin` to x [n, 4]. */
function addWeights(): GraphProgram {
  const graph = createGraph('add');
  const data = { location: 'weights.bin', offset: 0, length: 16 };
  const weights = graph.external('weights', { dtype: 'F32', shape: [4], data });
  graph.output(graph.node('Add', [graph.input('x', 'F32', [4]), weights], { outputs: ['y'] }), 'F32', [4]);
  const { bytes } = graph.build();
  return { key: 'add', isPacked: false, build: () => bytes };
}

const run = async (lane: Lane, program: GraphProgram, values: number[]) => {
  const x = { type: 'float32' as const, dims: [values.length], data: Float32Array.from(values) };
  const { y } = await lane.run(program, { feeds: { x }, outputs: ['y'] });
  return [...y!.data];
};

describe('createLane', () => {
  let lane: Lane;
  beforeEach(() => {
    lane = createLane({ folder: '.', threads: 1, maxSessions: 2, maxRunMs: 600_000, memory: ample() });
  });
  afterEach(() => lane.close());

  test('keeps the calls apart that were made at once, with more programs than sessions', async () => {
    const factors = [2, 3, 5, 2, 7, 3];
    const results = await Promise.all(factors.map((factor) => run(lane, multiplyBy(factor), [1, 10])));
    expect(results).toEqual(factors.map((factor) => [factor, 10 * factor]));
    expect(lane.load).toBe(0);
  });

  test('tells that a graph cannot be run, and goes on with others', async () => {
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(run(lane, BROKEN, [1])).rejects.toMatchObject({
        kind: 'precondition',
        reason: 'MODEL_NOT_RUNNABLE',
        metadata: { phase: 'create', cause: expect.stringContaining('protobuf parsing failed') },
        cause: expect.objectContaining({ message: expect.stringMatching(/^create: /) }),
      });
    expect(await run(lane, multiplyBy(4), [1])).toEqual([4]);
  });

  test('tells a failure that may pass, without its folder, and runs the graph once it has passed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facet-lane-'));
    const here = createLane({ folder, threads: 1, maxSessions: 1, maxRunMs: 600_000, memory: ample() });
    const failure = await run(here, addWeights(), [1, 2, 3, 4]).catch((error) => error);
    expect(failure).toMatchObject({ kind: 'unavailable', reason: 'MODEL_RUN_FAILED' });
    expect(failure.metadata.cause).toContain('weights.bin');
    expect(failure.metadata.cause).not.toContain(folder);
    expect(failure.cause.message).toContain(folder);
    await writeFile(join(folder, 'weights.bin'), Float32Array.of(10, 20, 30, 40));
    expect(await run(here, addWeights(), [1, 2, 3, 4])).toEqual([11, 22, 33, 44]);
    await here.close();
    await rm(folder, { recursive: true });
  });

  test('keeps tensors between runs, gives rows of them and forgets them when told', async () => {
    const graph = createGraph('accumulate');
    const past = graph.input('past', 'F32', ['rows', 2]);
    const added = graph.input('added', 'F32', ['rows', 2]);
    graph.output(graph.node('Add', [past, added], { outputs: ['present'] }), 'F32', ['rows', 2]);
    graph.output(graph.node('Neg', ['present'], { outputs: ['y'] }), 'F32', ['rows', 2]);
    const { bytes } = graph.build();
    const accumulate = { key: 'accumulate', isPacked: false, build: () => bytes };
    const kept = await lane.keep({
      perRow: { added: { type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) } },
      shared: {},
      inPlace: [{ input: 'past', output: 'present', dims: [2, 2] }],
    });
    const step = async (rows?: readonly [number, number]) => [
      ...(await lane.run(accumulate, { feeds: {}, outputs: ['y'], kept, rows })).y!.data,
    ];
    expect(await step()).toEqual([-1, -2, -3, -4]);
    expect(await step([1, 2])).toEqual([-6, -8]);
    expect(await step()).toEqual([-2, -4, -9, -12]);
    expect(lane.keptCount).toBe(1);
    await lane.drop(kept);
    expect(lane.keptCount).toBe(0);
    await expect(step()).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('loses a thread that does not answer in time, tells so, and goes on with a new one', async () => {
    const size = 1024;
    const graph = createGraph('long');
    let power = graph.input('x', 'F32', [size, size]);
    for (let product = 0; product < 150; product++) power = graph.node('MatMul', [power, 'x']);
    graph.output(graph.node('ReduceSum', [power], { outputs: ['y'] }), 'F32', [1, 1]);
    const { bytes } = graph.build();
    const hasty = createLane({ folder: '.', threads: 1, maxSessions: 1, maxRunMs: 1_000, memory: ample() });
    const x = { type: 'float32' as const, dims: [size, size], data: new Float32Array(size * size) };
    const long = hasty.run(
      { key: 'long', isPacked: false, build: () => bytes },
      { feeds: { x }, outputs: ['y'] },
    );
    const behind = run(hasty, multiplyBy(2), [1]);
    const lost = { kind: 'unavailable', reason: 'COMPUTE_THREAD_LOST' };
    await expect(behind).rejects.toMatchObject(lost);
    await expect(long).rejects.toMatchObject(lost);
    expect(hasty.load).toBe(0);
    // A busy machine may need more than the limit to start a thread.
    const again = async (): ReturnType<typeof run> => run(hasty, multiplyBy(4), [1]).catch(again);
    expect(await again()).toEqual([4]);
    await hasty.close();
  }, 120_000);

  test('closes before it was ever used, and starts anew after it was closed', async () => {
    await lane.close();
    expect(await run(lane, multiplyBy(2), [3])).toEqual([6]);
    await lane.close();
    expect(await run(lane, multiplyBy(2), [4])).toEqual([8]);
  });
});
