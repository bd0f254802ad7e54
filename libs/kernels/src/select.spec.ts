import { createKernelMemory, padWidth } from './kernel-memory.ts';

interface Selection {
  indices: number[];
  values: number[];
}

/** Runs selectTopK (or selectListed where `listed` is given) on rows of one width. */
function select(rows: number[][], bias: number[], k: number, listed?: number[]): Selection[] {
  const width = padWidth(bias.length);
  const memory = createKernelMemory(1 << 22);
  const product = memory.f32(rows.length * width);
  for (const [r, row] of rows.entries()) product.set(row, r * width);
  const b = memory.f32(width).fill(Number.NEGATIVE_INFINITY);
  b.set(bias);
  const index = memory.u32(rows.length * k);
  const value = memory.f32(rows.length * k);
  const count = memory.u32(rows.length);
  const scratch = memory.u32(5 * width + 4 * k + 24);
  const list = memory.u32(listed?.length ?? 0);
  const { kernels } = memory;
  const to = [index.byteOffset, value.byteOffset, count.byteOffset, scratch.byteOffset] as const;
  const from = [product.byteOffset, b.byteOffset, rows.length, width, k] as const;
  if (listed) {
    list.set(listed);
    kernels.selectListed(...from, list.byteOffset, listed.length, ...to);
  } else {
    kernels.selectTopK(...from, ...to);
  }
  return rows.map((_, r) => ({
    indices: Array.from(index.subarray(r * k, r * k + count[r])),
    values: Array.from(value.subarray(r * k, r * k + count[r])),
  }));
}

function bruteForce(row: number[], bias: number[], k: number, listed?: number[]): Selection {
  const pre = row.map((p, i) => Math.fround(p + bias[i]));
  const indices = (listed ?? Array.from(pre.keys()))
    .filter((i) => pre[i] > 0)
    .sort((a, b) => pre[b] - pre[a] || a - b)
    .slice(0, k)
    .sort((a, b) => a - b);
  return { indices, values: indices.map((i) => pre[i]) };
}

/** A small linear congruential generator, so that failures repeat. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const rowsOf = (width: number, draw: () => number) =>
  Array.from({ length: 17 }, () => Array.from({ length: width }, () => Math.fround(draw())));

describe('selectTopK', () => {
  test.each([
    [7, 3],
    [64, 1],
    [64, 64],
    [129, 16],
    [1000, 31],
    [1024, 16],
  ])('equals brute force on %i features, k %i', (width, k) => {
    const random = generator(width * 31 + k);
    const rows = rowsOf(width, () => random() * 2 - 1.2);
    const bias = Array.from({ length: width }, () => Math.fround(random() * 0.1));
    const selected = select(rows, bias, k);
    for (const [r, row] of rows.entries()) expect(selected[r]).toEqual(bruteForce(row, bias, k));
  });

  test('breaks ties in favour of the lowest index, even among many equal values', () => {
    const random = generator(5);
    const rows = rowsOf(512, () => Math.floor(random() * 4) - 1);
    const bias = new Array(512).fill(0);
    const selected = select(rows, bias, 16);
    for (const [r, row] of rows.entries()) expect(selected[r]).toEqual(bruteForce(row, bias, 16));
  });

  test('keeps fewer than k where fewer are positive, and none of a row of NaN', () => {
    const row = new Array(256).fill(-1);
    row[40] = 3;
    row[7] = 0.5;
    row[9] = 0;
    const [some, none] = select([row, new Array(256).fill(Number.NaN)], new Array(256).fill(0), 8);
    expect(some).toEqual({ indices: [7, 40], values: [0.5, 3] });
    expect(none.indices).toEqual([]);
  });

  test('finds the largest value among huge, infinite and denormal ones', () => {
    const row = new Array(256).fill(1e-40);
    row[3] = Number.POSITIVE_INFINITY;
    row[200] = 3e38;
    row[201] = 2e-40;
    const [selected] = select([row], new Array(256).fill(0), 3);
    expect(selected.indices).toEqual([3, 200, 201]);
  });
});

describe('selectListed', () => {
  test.each([1, 3, 50, 300])('equals brute force over %i listed features', (listedCount) => {
    const random = generator(listedCount);
    const rows = rowsOf(512, () => random() * 2 - 1);
    const bias = Array.from({ length: 512 }, () => Math.fround(random() * 0.1));
    const listed = Array.from({ length: listedCount }, (_, i) => Math.floor((i * 512) / listedCount));
    const selected = select(rows, bias, 8, listed);
    for (const [r, row] of rows.entries()) expect(selected[r]).toEqual(bruteForce(row, bias, 8, listed));
  });
});

describe('selectThreshold', () => {
  test('keeps what is positive and strictly above its threshold', () => {
    const memory = createKernelMemory(1 << 16);
    const product = memory.f32(8);
    product.set([1, -1, 2, 0.5, 0, 3, 2, -5]);
    const bias = memory.f32(4);
    bias.set([0, 2, 0, 0]);
    const threshold = memory.f32(4);
    threshold.set([0, 0, 2, -1]);
    const index = memory.u32(8);
    const value = memory.f32(8);
    const offsets = memory.u32(3);
    const { kernels } = memory;
    const entries = kernels.selectThreshold(
      product.byteOffset,
      bias.byteOffset,
      threshold.byteOffset,
      2,
      4,
      index.byteOffset,
      value.byteOffset,
      offsets.byteOffset,
    );
    expect(entries).toBe(4);
    expect(Array.from(offsets)).toEqual([0, 3, 4]);
    expect(Array.from(index.subarray(0, 4))).toEqual([0, 1, 3, 1]);
    expect(Array.from(value.subarray(0, 4))).toEqual([1, 1, 0.5, 5]);
  });
});
