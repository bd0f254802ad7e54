import { createDenseProduct } from './dense-product.ts';
import { createKernelMemory, planMemoryBytes } from './kernel-memory.ts';

export interface BlockEncoderSizes {
  /** Row width and features, both padded. */
  width: number;
  features: number;
  /** Most rows of a block. */
  rows: number;
  /** Most entries that are selected of a row. */
  entries: number;
  /** Threads of the product. */
  productThreads: number;
}

/** Entries that are selected of every row of a block, and where they go: byte offsets into the shared memory. */
export interface BlockSelection {
  k: number;
  /** Of these features only (u32 [count], ascending); of all where absent. */
  listed?: { list: number; count: number };
  /** [rows, k] each. */
  index: number;
  value: number;
  /** [rows]: where the entries of each row end, the first row beginning at entry `begin`. */
  end: number;
  begin: number;
}

/** One block of rows to encode, at byte offset `x` of the shared memory. */
export interface BlockTask {
  x: number;
  rows: number;
  selections: readonly BlockSelection[];
}

/**
 * Encodes blocks of rows that lie in shared memory, in one thread: ONNX Runtime refuses shared memory, so rows and
 * encoder are copied into plain memory, and what is selected is copied back while it is in cache.
 */
export interface BlockEncoder {
  /** Copies the encoder: W [features, width] and bias [features], at byte offsets of the shared memory. */
  load(encoder: { W: number; bias: number }): void;
  encode(task: BlockTask): Promise<void>;
  /** Gives the products of `rows` rows at `x` with W, without bias: overwritten by the next block. */
  product(x: number, rows: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Adds up what a block encoder takes, alignment included. */
export function planBlockEncoder(sizes: BlockEncoderSizes): number {
  return planMemoryBytes(lengthsOf(sizes));
}

/** Prepares an encoder of blocks in `shared`; it throws `cancelled` once `signal` has aborted. */
export async function createBlockEncoder(
  shared: ArrayBufferLike,
  sizes: BlockEncoderSizes,
  signal?: AbortSignal,
): Promise<BlockEncoder> {
  const { width, features, productThreads: threads } = sizes;
  const product = await createDenseProduct({ inner: width, outer: features, threads, signal });
  const arrays = allocate(sizes);
  const multiply = async (from: number, rows: number) => {
    const { x, W, pre } = arrays;
    x.set(new Float32Array(shared, from, rows * width));
    await product.run({ x, W, y: pre, rows });
  };
  return {
    load({ W, bias }) {
      arrays.W.set(new Float32Array(shared, W, features * width));
      arrays.bias.set(new Float32Array(shared, bias, features));
    },
    async encode({ x, rows, selections }) {
      await multiply(x, rows);
      for (const selection of selections) select(arrays, shared, { ...selection, rows, features });
    },
    async product(x, rows) {
      await multiply(x, rows);
      return arrays.pre.subarray(0, rows * features);
    },
    close: () => product.close(),
  };
}

type BlockArrays = ReturnType<typeof allocate>;

/** Array lengths in words, in the order in which `allocate` takes them. */
function lengthsOf({ width, features, rows, entries }: BlockEncoderSizes): number[] {
  const scratch = 5 * features + 4 * entries + 24;
  const selected = rows * entries;
  return [
    features * width,
    features,
    rows * width,
    rows * features,
    selected,
    selected,
    rows,
    features,
    scratch,
  ];
}

function allocate(sizes: BlockEncoderSizes) {
  const lengths = lengthsOf(sizes);
  const memory = createKernelMemory(planMemoryBytes(lengths));
  const [W, bias, x, pre, , , , , scratch] = lengths;
  return {
    kernels: memory.kernels,
    W: memory.f32(W),
    bias: memory.f32(bias),
    x: memory.f32(x),
    pre: memory.f32(pre),
    index: memory.u32(lengths[4]),
    value: memory.f32(lengths[5]),
    count: memory.u32(lengths[6]),
    list: memory.u32(lengths[7]),
    scratch: memory.u32(scratch),
  };
}

function select(
  { kernels, pre, bias, index, value, count, list, scratch }: BlockArrays,
  shared: ArrayBufferLike,
  { k, listed, rows, features, ...to }: BlockSelection & { rows: number; features: number },
): void {
  const from = [pre.byteOffset, bias.byteOffset, rows, features, k] as const;
  const into = [index.byteOffset, value.byteOffset, count.byteOffset, scratch.byteOffset] as const;
  if (listed) {
    list.set(new Uint32Array(shared, listed.list, listed.count));
    kernels.selectListed(...from, list.byteOffset, listed.count, ...into);
  } else {
    kernels.selectTopK(...from, ...into);
  }
  new Uint32Array(shared, to.index, rows * k).set(index.subarray(0, rows * k));
  new Float32Array(shared, to.value, rows * k).set(value.subarray(0, rows * k));
  const end = new Uint32Array(shared, to.end, rows);
  for (let r = 0; r < rows; r++) end[r] = to.begin + r * k + count[r];
}
