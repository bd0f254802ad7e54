import { FacetError } from '@facet/errors';
import {
  createDenseProduct,
  createKernelMemory,
  type DenseProduct,
  type KernelMemory,
  padWidth,
  planMemoryBytes,
} from '@facet/kernels';
import { requireFinite } from '@facet/tensor';
import { checkSae, type Sae, type SparseActivations } from './sae.ts';
import { thresholdForm } from './threshold-form.ts';

export interface SaeEncoderOptions {
  /** Most rows of one call that are worth preparing for; more rows are encoded in blocks of this. */
  maxRows: number;
  /** Threads of the dense product. @default 0: one per core */
  threads?: number;
}

/** Encodes residual rows with one SAE; equal to `encodeReference` up to f32 rounding. */
export interface SaeEncoder {
  /** Encodes `x` [rows, d_in]; refuses non-finite input. Calls are answered one after the other. */
  encode(x: Float32Array, rows: number): Promise<SparseActivations>;
  /**
   * Yields the pre-activations z of `x` [rows, d_in] in the SAE's threshold form, blocks of whole rows, each overwritten by the next;
   * rows may be padded with −∞. Not to be mixed with `encode`.
   */
  preActivations(x: Float32Array, rows: number): AsyncGenerator<Float32Array>;
  close(): Promise<void>;
}

/**
 * Rows of one dense product: W is read once for all of them. At d_sae 16,384, 64 rows cost 22 % more per row on one thread than
 * 512, and more still on several.
 */
const BLOCK_ROWS = 512;
/** Inputs and pre-activations of one block stay below this; wider SAEs get fewer rows. */
const MAX_BLOCK_BYTES = 128 << 20;
/** Room for the entries of the rows that are selected at once: at worst every feature of a row fires. */
const MAX_ENTRY_BYTES = 4 << 20;

/** Prepares a fast encoder of `sae`: dense product in ONNX Runtime, selection in SIMD WebAssembly. */
export async function createSaeEncoder(sae: Sae, options: SaeEncoderOptions): Promise<SaeEncoder> {
  checkSae(sae, 'sae');
  const layout = layOut(sae, options.maxRows);
  const { width, d_sae } = layout;
  const product = await createDenseProduct({ inner: width, outer: d_sae, threads: options.threads });
  let last: Promise<unknown> = Promise.resolve();
  return {
    encode(x, rows) {
      const encoded = last.then(() => encodeRows({ sae, layout, product }, x, rows));
      last = encoded.catch(() => undefined);
      return encoded;
    },
    preActivations: (x, rows) => preActivations({ sae, layout, product }, x, rows),
    async close() {
      await last;
      await product.close();
    },
  };
}

/** Arrays in kernel memory; rows and features are padded to whole SIMD vectors. */
interface Layout {
  memory: KernelMemory;
  /** Padded d_in and d_sae. */
  width: number;
  d_sae: number;
  blockRows: number;
  /** Rows that are selected at once. */
  selectRows: number;
  W: Float32Array;
  bias: Float32Array;
  center: Float32Array;
  threshold: Float32Array;
  x: Float32Array;
  pre: Float32Array;
  index: Uint32Array;
  value: Float32Array;
  count: Uint32Array;
  scratch: Uint32Array;
}

interface Encoder {
  sae: Sae;
  layout: Layout;
  product: DenseProduct;
}

function layOut(sae: Sae, maxRows: number): Layout {
  const { cfg } = sae;
  const width = padWidth(cfg.d_in);
  const d_sae = padWidth(cfg.d_sae);
  const blockRows = wholeRows(MAX_BLOCK_BYTES, 4 * (width + d_sae), Math.min(maxRows, BLOCK_ROWS));
  const entriesPerRow = cfg.architecture === 'topk' ? cfg.k! : d_sae;
  const selectRows = wholeRows(MAX_ENTRY_BYTES, 8 * entriesPerRow, blockRows);
  const capacity = selectRows * entriesPerRow;
  const lengths = {
    W: d_sae * width,
    bias: d_sae,
    center: width,
    threshold: d_sae,
    x: blockRows * width,
    pre: blockRows * d_sae,
    value: capacity,
    index: capacity,
    count: selectRows + 1,
    scratch: cfg.architecture === 'topk' ? 3 * d_sae + 4 * cfg.k! + 4 : 0,
  };
  const memory = createKernelMemory(planMemoryBytes(Object.values(lengths)));
  const layout: Layout = {
    memory,
    width,
    d_sae,
    blockRows,
    selectRows,
    W: memory.f32(lengths.W),
    bias: memory.f32(lengths.bias),
    center: memory.f32(lengths.center),
    threshold: memory.f32(lengths.threshold),
    x: memory.f32(lengths.x),
    pre: memory.f32(lengths.pre),
    value: memory.f32(lengths.value),
    index: memory.u32(lengths.index),
    count: memory.u32(lengths.count),
    scratch: memory.u32(lengths.scratch),
  };
  fillWeights(sae, layout);
  return layout;
}

/** As many rows as fit `bytes`, at least one and at most `most`. */
function wholeRows(bytes: number, bytesPerRow: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(bytes / bytesPerRow)));
}

/** Writes W_encᵀ, biases and thresholds in threshold form; padding features get the bias −∞ and never fire. */
function fillWeights(sae: Sae, { W, bias, center, threshold, width }: Layout): void {
  const { d_in, d_sae, apply_b_dec_to_input } = sae.cfg;
  const form = thresholdForm(sae);
  bias.fill(Number.NEGATIVE_INFINITY);
  bias.set(form.bias);
  for (let i = 0; i < d_sae; i++) {
    const scale = form.scale?.[i] ?? 1;
    for (let j = 0; j < d_in; j++) W[i * width + j] = sae.W_enc[j * d_sae + i] * scale;
  }
  if (apply_b_dec_to_input) center.set(sae.b_dec);
  if (form.threshold) threshold.set(form.threshold);
}

async function encodeRows(encoder: Encoder, x: Float32Array, rows: number): Promise<SparseActivations> {
  const { d_in } = encoder.sae.cfg;
  if (x.length < rows * d_in) {
    throw new FacetError(
      'invalid',
      `x has ${x.length} values; ${rows} rows of d_in ${d_in} need ${rows * d_in}`,
    );
  }
  requireFinite(x.subarray(0, rows * d_in), 'activations to encode');
  const offsets = new Uint32Array(rows + 1);
  const indices: Uint32Array[] = [];
  const values: Float32Array[] = [];
  const { blockRows, selectRows } = encoder.layout;
  for (let first = 0; first < rows; first += blockRows) {
    const end = Math.min(first + blockRows, rows);
    await computePre(encoder, x.subarray(first * d_in, end * d_in), end - first);
    for (let from = first; from < end; from += selectRows) {
      const counts = select(encoder, from - first, Math.min(selectRows, end - from));
      for (let r = 0; r < counts.length; r++) offsets[from + r + 1] = offsets[from + r] + counts[r];
      const block = copyEntries(encoder, counts);
      indices.push(block.indices);
      values.push(block.values);
    }
  }
  return {
    rows,
    offsets,
    indices: concatenate(Uint32Array, indices),
    values: concatenate(Float32Array, values),
  };
}

async function* preActivations(
  encoder: Encoder,
  x: Float32Array,
  rows: number,
): AsyncGenerator<Float32Array> {
  const { layout, sae } = encoder;
  const { blockRows, d_sae, bias, pre } = layout;
  const { d_in } = sae.cfg;
  for (let first = 0; first < rows; first += blockRows) {
    const end = Math.min(first + blockRows, rows);
    await computePre(encoder, x.subarray(first * d_in, end * d_in), end - first);
    const block = pre.subarray(0, (end - first) * d_sae);
    for (let row = 0; row < block.length; row += d_sae)
      for (let i = 0; i < d_sae; i++) block[row + i] += bias[i];
    yield block;
  }
}

async function computePre({ sae, layout, product }: Encoder, x: Float32Array, rows: number): Promise<void> {
  const { d_in } = sae.cfg;
  if (layout.width === d_in) layout.x.set(x);
  else for (let r = 0; r < rows; r++) layout.x.set(x.subarray(r * d_in, (r + 1) * d_in), r * layout.width);
  layout.memory.kernels.centerRows(layout.x.byteOffset, layout.center.byteOffset, rows, layout.width);
  await product.run({ x: layout.x, W: layout.W, y: layout.pre, rows });
}

/** Selects the active features of `rows` rows of the block, from row `first`, and returns how many every row has. */
function select({ sae, layout }: Encoder, first: number, rows: number): Uint32Array {
  const { memory, bias, threshold, index, value, count, scratch, d_sae } = layout;
  const pre = layout.pre.byteOffset + 4 * first * d_sae;
  if (sae.cfg.architecture === 'topk') {
    const to = [index.byteOffset, value.byteOffset, count.byteOffset, scratch.byteOffset] as const;
    memory.kernels.selectTopK(pre, bias.byteOffset, rows, d_sae, sae.cfg.k!, ...to);
    return count.slice(0, rows);
  }
  const to = [index.byteOffset, value.byteOffset, count.byteOffset] as const;
  memory.kernels.selectThreshold(pre, bias.byteOffset, threshold.byteOffset, rows, d_sae, ...to);
  return count.slice(1, rows + 1).map((end, r) => end - count[r]);
}

function copyEntries(
  { sae, layout }: Encoder,
  counts: Uint32Array,
): { indices: Uint32Array; values: Float32Array } {
  const total = counts.reduce((sum, n) => sum + n, 0);
  const indices = new Uint32Array(total);
  const values = new Float32Array(total);
  const stride = sae.cfg.architecture === 'topk' ? sae.cfg.k! : undefined;
  let at = 0;
  for (let r = 0; r < counts.length; r++) {
    const from = stride === undefined ? at : r * stride;
    indices.set(layout.index.subarray(from, from + counts[r]), at);
    values.set(layout.value.subarray(from, from + counts[r]), at);
    at += counts[r];
  }
  return { indices, values };
}

function concatenate<T extends Uint32Array | Float32Array>(
  type: new (length: number) => T,
  parts: readonly T[],
): T {
  const whole = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
