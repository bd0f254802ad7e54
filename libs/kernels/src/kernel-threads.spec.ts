import { planBlockEncoder } from './block-encoder.ts';
import { createKernelMemory, planMemoryBytes } from './kernel-memory.ts';
import { createKernelThreads, type KernelThreads } from './kernel-threads.ts';

const WIDTH = 12;
const FEATURES = 40;
const ROWS = 30;
const K = 3;
const SIZES = { width: WIDTH, features: FEATURES, rows: 8, entries: K, productThreads: 1 };

function fixture() {
  const lengths = [ROWS * WIDTH, FEATURES * WIDTH, FEATURES, ROWS * K, ROWS * K, ROWS, 4];
  const memory = createKernelMemory(planMemoryBytes(lengths), { shared: true });
  const [x, W, bias] = lengths.slice(0, 3).map((length) => memory.f32(length));
  let state = 5;
  for (const array of [x, W, bias]) {
    for (let i = 0; i < array.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      array[i] = state / 2 ** 31 - 1;
    }
  }
  const index = memory.u32(ROWS * K);
  const value = memory.f32(ROWS * K);
  return { memory, x, W, bias, index, value, end: memory.u32(ROWS), list: memory.u32(4) };
}

function preActivation({ x, W, bias }: ReturnType<typeof fixture>, r: number, i: number): number {
  let sum = bias[i];
  for (let c = 0; c < WIDTH; c++) sum += x[r * WIDTH + c] * W[i * WIDTH + c];
  return sum;
}

describe('createKernelThreads', () => {
  const open: KernelThreads[] = [];
  const start = async (count: number) => {
    const fixed = fixture();
    const threads = await createKernelThreads({ memory: fixed.memory, count, encoder: SIZES });
    open.push(threads);
    return { ...fixed, threads };
  };
  afterEach(() => Promise.all(open.splice(0).map((threads) => threads.close())));

  test.each([1, 3])(
    'gives what each task returns in the order of the tasks, on %d threads',
    async (count) => {
      const { threads, x } = await start(count);
      const tasks = Array.from({ length: ROWS }, (_, r) => {
        const row = x.byteOffset + 4 * r * WIDTH;
        return [['scaleValues', row, WIDTH, 2] as const, ['sumOfSquares', row, WIDTH] as const];
      });
      const before = x.slice();
      const results = await threads.run(tasks);
      for (let r = 0; r < ROWS; r++) {
        const row = before.subarray(r * WIDTH, (r + 1) * WIDTH);
        expect(results[r]).toBeCloseTo(
          row.reduce((sum, v) => sum + 4 * v * v, 0),
          4,
        );
      }
    },
  );

  test.each([1, 3])('selects the k strongest features of every row, on %d threads', async (count) => {
    const fixed = await start(count);
    const { threads, x, W, bias, index, value, end, list } = fixed;
    list.set([2, 5, 11, 30]);
    for (const listed of [undefined, { list: list.byteOffset, count: 4 }]) {
      const tasks = [0, 8, 16, 24].map((first) => {
        const at = 4 * first * K;
        const into = { index: index.byteOffset + at, value: value.byteOffset + at, begin: first * K };
        const selection = { k: K, ...into, end: end.byteOffset + 4 * first, ...(listed && { listed }) };
        return {
          x: x.byteOffset + 4 * first * WIDTH,
          rows: Math.min(8, ROWS - first),
          selections: [selection],
        };
      });
      await threads.encode({ W: W.byteOffset, bias: bias.byteOffset }, tasks);
      const among = listed ? [...list] : Array.from({ length: FEATURES }, (_, i) => i);
      for (let r = 0; r < ROWS; r++) {
        const strongest = among
          .filter((i) => preActivation(fixed, r, i) > 0)
          .sort((a, b) => preActivation(fixed, r, b) - preActivation(fixed, r, a))
          .slice(0, K);
        expect([...index.subarray(r * K, end[r])]).toEqual(strongest.sort((a, b) => a - b));
      }
    }
  });

  test.each([1, 3])('ends a call under way when the signal aborts, on %d threads', async (count) => {
    const { memory, x, W, bias, index, value, end } = fixture();
    const stop = new AbortController();
    const threads = await createKernelThreads({ memory, count, encoder: SIZES, signal: stop.signal });
    open.push(threads);
    const into = { index: index.byteOffset, value: value.byteOffset, end: end.byteOffset, begin: 0 };
    const task = { x: x.byteOffset, rows: 8, selections: [{ k: K, ...into }] };
    const encode = () =>
      threads.encode({ W: W.byteOffset, bias: bias.byteOffset }, new Array(10_000).fill(task));
    const ended = expect(encode()).rejects.toMatchObject({ kind: 'cancelled' });
    stop.abort();
    await ended;
    await expect(encode()).rejects.toMatchObject({ kind: 'cancelled' });
    // No thread is at work any more: what lies in the memory stays as it is.
    index.fill(77);
    await expect(threads.run([[['sumOfSquares', x.byteOffset, 4]]])).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(index.every((at) => at === 77)).toBe(true);
  });

  test('rejects where a kernel reads outside of the memory', async () => {
    const { threads } = await start(2);
    const outside = [['sumOfSquares', 2 ** 31, 4] as const];
    await expect(threads.run(Array.from({ length: 50 }, () => outside))).rejects.toThrow();
  });
});

describe('planBlockEncoder', () => {
  test('counts the copy of the encoder, the rows and their pre-activations', () => {
    const least = 4 * (FEATURES * WIDTH + 8 * WIDTH + 8 * FEATURES);
    expect(planBlockEncoder(SIZES)).toBeGreaterThan(least);
    expect(planBlockEncoder({ ...SIZES, features: 2 * FEATURES })).toBeLessThan(2 * planBlockEncoder(SIZES));
  });
});
