import { createDenseProduct } from './dense-product.ts';
import { createKernelMemory, type KernelMemory } from './kernel-memory.ts';

const ROWS = 13;
const FEATURES = 29;
const WIDTH = 44; // one run of 32 floats and three vectors more
const K = 5;

interface Fixture {
  memory: KernelMemory;
  W: Float32Array;
  x: Float32Array;
  index: Uint32Array;
  value: Float32Array;
  count: Uint32Array;
  begin: Uint32Array;
  end: Uint32Array;
}

function fixture(): Fixture {
  const memory = createKernelMemory(1 << 20);
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const W = memory.f32(FEATURES * WIDTH).map(random);
  const fixed: Fixture = {
    memory,
    W: memory.f32(W.length),
    x: memory.f32(ROWS * WIDTH),
    index: memory.u32(ROWS * K),
    value: memory.f32(ROWS * K),
    count: memory.u32(ROWS),
    begin: memory.u32(ROWS),
    end: memory.u32(ROWS),
  };
  fixed.W.set(W);
  for (let i = 0; i < fixed.x.length; i++) fixed.x[i] = random();
  for (let r = 0; r < ROWS; r++) {
    fixed.count[r] = r % (K + 1);
    fixed.begin[r] = r * K;
    fixed.end[r] = r * K + fixed.count[r];
    for (let e = 0; e < fixed.count[r]; e++) {
      fixed.index[r * K + e] = (r * 3 + e * 5) % FEATURES;
      fixed.value[r * K + e] = random() + 1.5;
    }
  }
  return fixed;
}

function entriesOf({ index, value, count }: Fixture): { r: number; i: number; f: number; slot: number }[] {
  return Array.from(count).flatMap((entries, r) =>
    Array.from({ length: entries }, (_, e) => r * K + e).map((slot) => ({
      r,
      i: index[slot],
      f: value[slot],
      slot,
    })),
  );
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 4);
}

describe('decodeRows', () => {
  test('adds f W to every row and returns the squared norm', () => {
    const fixed = fixture();
    const { memory, W, x, index, value, begin, end } = fixed;
    const expected = Float64Array.from(x);
    for (const { r, i, f } of entriesOf(fixed)) {
      for (let c = 0; c < WIDTH; c++) expected[r * WIDTH + c] += f * W[i * WIDTH + c];
    }
    const squares = memory.kernels.decodeRows(
      x.byteOffset,
      W.byteOffset,
      ROWS,
      WIDTH,
      begin.byteOffset,
      end.byteOffset,
      index.byteOffset,
      value.byteOffset,
    );
    expectClose(x, expected);
    expect(squares).toBeCloseTo(
      expected.reduce((sum, v) => sum + v * v, 0),
      2,
    );
  });
});

describe('projectRows', () => {
  test('writes the product of every row with the direction of each of its features', () => {
    const fixed = fixture();
    const { memory, W, x, index, begin, end } = fixed;
    const out = memory.f32(ROWS * K);
    memory.kernels.projectRows(
      out.byteOffset,
      x.byteOffset,
      W.byteOffset,
      ROWS,
      WIDTH,
      begin.byteOffset,
      end.byteOffset,
      index.byteOffset,
    );
    for (const { r, i, slot } of entriesOf(fixed)) {
      let product = 0;
      for (let c = 0; c < WIDTH; c++) product += x[r * WIDTH + c] * W[i * WIDTH + c];
      expect(out[slot]).toBeCloseTo(product, 4);
    }
  });
});

describe('sortByFeature and accumulateByFeature', () => {
  test('sum scale·f·x over the rows in which a feature fired, and leave silent features alone', () => {
    const fixed = fixture();
    const { memory, x, index, value, begin, end } = fixed;
    const { kernels } = memory;
    const starts = memory.u32(FEATURES + 1);
    const entryRow = memory.u32(ROWS * K);
    const [entryValue, entrySlope] = [memory.f32(ROWS * K), memory.f32(ROWS * K)];
    const [G, G_b] = [memory.f32(FEATURES * WIDTH), memory.f32(FEATURES)];
    const entries = kernels.sortByFeature(
      ROWS,
      FEATURES,
      begin.byteOffset,
      end.byteOffset,
      index.byteOffset,
      value.byteOffset,
      value.byteOffset,
      starts.byteOffset,
      entryRow.byteOffset,
      entryValue.byteOffset,
      entrySlope.byteOffset,
    );
    const to = [starts.byteOffset, entryRow.byteOffset, entryValue.byteOffset, x.byteOffset] as const;
    kernels.accumulateByFeature(G.byteOffset, FEATURES, WIDTH, ...to, 0.5);
    kernels.accumulateBias(G_b.byteOffset, FEATURES, starts.byteOffset, entrySlope.byteOffset, 0.5);
    const expected = new Float64Array(FEATURES * WIDTH);
    const expectedBias = new Float64Array(FEATURES);
    for (const { r, i, f } of entriesOf(fixed)) {
      expectedBias[i] += 0.5 * f;
      for (let c = 0; c < WIDTH; c++) expected[i * WIDTH + c] += 0.5 * f * x[r * WIDTH + c];
    }
    expect(entries).toBe(entriesOf(fixed).length);
    expectClose(G, expected);
    expectClose(G_b, expectedBias);
  });
});

describe('adam', () => {
  test('takes two steps equal to the published update', () => {
    const memory = createKernelMemory(1 << 16);
    const [W, m, v, G] = [memory.f32(4), memory.f32(4), memory.f32(4), memory.f32(4)];
    W.set([1, -2, 0.5, 0]);
    G.set([0.3, -0.1, 1e-3, 0]);
    const expected = Array.from(W, (w, i) => {
      let [mean, square, value] = [0, 0, w];
      for (const t of [1, 2]) {
        mean = 0.9 * mean + 0.1 * G[i];
        square = 0.999 * square + 0.001 * G[i] ** 2;
        value -= (0.01 * (mean / (1 - 0.9 ** t))) / (Math.sqrt(square / (1 - 0.999 ** t)) + 1e-8);
      }
      return value;
    });
    for (const t of [1, 2]) {
      const rate = 0.01 / (1 - 0.9 ** t);
      const root = 1 / Math.sqrt(1 - 0.999 ** t);
      const at = [W.byteOffset, m.byteOffset, v.byteOffset, G.byteOffset] as const;
      memory.kernels.adam(...at, 4, 1, 0.9, 0.999, rate, root, 1e-8);
    }
    expectClose(W, expected);
    expect(W[0]).not.toBe(1);
    expect(W[3]).toBe(0);
  });
});

describe('row kernels', () => {
  test('center, add, weigh, normalise and remove what is parallel', () => {
    const { memory, W, x } = fixture();
    const { kernels } = memory;
    const before = Array.from(x);
    const center = memory.f32(WIDTH).fill(0.25);
    kernels.centerRows(x.byteOffset, center.byteOffset, ROWS, WIDTH);
    expectClose(
      x,
      before.map((value) => value - 0.25),
    );
    const sums = memory.f32(WIDTH);
    kernels.addColumns(sums.byteOffset, x.byteOffset, ROWS, WIDTH, 2);
    const column3 = Array.from({ length: ROWS }, (_, r) => 2 * x[r * WIDTH + 3]);
    expect(sums[3]).toBeCloseTo(
      column3.reduce((a, b) => a + b),
      4,
    );
    kernels.unitRows(W.byteOffset, FEATURES, WIDTH);
    expect(Math.hypot(...W.subarray(WIDTH, 2 * WIDTH))).toBeCloseTo(1, 5);
    kernels.removeParallel(x.byteOffset, W.byteOffset, ROWS, WIDTH);
    const along = W.subarray(0, WIDTH).reduce((sum, w, c) => sum + w * x[c], 0);
    expect(along).toBeCloseTo(0, 5);
    expect(kernels.sumOfSquares(x.byteOffset, x.length)).toBeCloseTo(
      x.reduce((sum, value) => sum + value * value, 0),
      2,
    );
  });
});

describe('createDenseProduct', () => {
  test('multiplies by the transpose into a view of the kernel memory', async () => {
    const { memory, W, x } = fixture();
    const y = memory.f32(ROWS * FEATURES);
    const product = await createDenseProduct({ inner: WIDTH, outer: FEATURES, threads: 1 });
    await product.run({ x, W, y, rows: ROWS });
    await product.close();
    for (const [r, i] of [
      [0, 0],
      [12, 28],
      [5, 17],
    ]) {
      let sum = 0;
      for (let c = 0; c < WIDTH; c++) sum += x[r * WIDTH + c] * W[i * WIDTH + c];
      expect(y[r * FEATURES + i]).toBeCloseTo(sum, 4);
    }
  });
});

describe('createKernelMemory', () => {
  test('refuses what cannot be addressed, and more than was planned', () => {
    expect(() => createKernelMemory(2 ** 33)).toThrow(/8589934592 bytes do not fit/);
    expect(() => createKernelMemory(1000).f32(20_000)).toThrow(/do not fit the planned memory/);
  });
});
