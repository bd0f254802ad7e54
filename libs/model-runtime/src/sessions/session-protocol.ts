import type { FacetErrorKind, FacetErrorOptions } from '@facet/errors';
import type { DrawnToken, SamplerRequest } from '@facet/transformer/sampling';

/** The element types that cross between the runtime and its workers; float16 and bfloat16 travel as raw bits. */
export type WireType = 'float32' | 'float16' | 'bfloat16' | 'int32' | 'int64';

export type WireData = Float32Array | Uint16Array | Int32Array | BigInt64Array;

/** A tensor on its way to or from a worker. */
export interface WireTensor {
  type: WireType;
  dims: readonly number[];
  data: WireData;
}

export type WireTensors = Readonly<Record<string, WireTensor>>;

/** Tensors that stay in a worker between runs: a generation's edits and its KV cache. */
export interface KeptTensors {
  /** Inputs whose first dimension is the batch row. */
  perRow: WireTensors;
  /** Inputs that all rows share. */
  shared: WireTensors;
  /**
   * Pairs of input and output that are one zeroed F32 tensor, updated in place; the first dimension is the
   * row.
   */
  inPlace: readonly { input: string; output: string; dims: readonly number[] }[];
  /** Rows whose tokens are drawn in the worker. @default none */
  sampled?: KeptSamplers;
}

/** Next-token logits that never leave the worker, and what draws from them. */
export interface KeptSamplers {
  /** The output that holds them, and its shape [B, V]. */
  output: string;
  dims: readonly [rows: number, d_vocab: number];
  samplers: readonly RowSampler[];
}

/** The sampler of one row of a batch: its options, its random numbers, its tokens so far. */
export interface RowSampler extends SamplerRequest {
  row: number;
  /** The row whose logits the drawn tokens are compared with; the row itself is equal to itself. @default none */
  comparedTo?: number | undefined;
}

export interface RunRequest {
  feeds: WireTensors;
  /** The outputs to send back. */
  outputs: readonly string[];
  /** Those of them that are rounded to BF16 before. @default none */
  bf16?: readonly string[];
  /** The number of kept tensors to add to the inputs. */
  kept?: number;
  /** Of the kept tensors, only these rows [from, to). @default all */
  rows?: readonly [from: number, to: number];
}

export interface CreateRequest {
  model: Uint8Array;
  /** The folder that the model's external data is relative to. */
  folder: string;
  threads: number;
  /** Whether ONNX Runtime packs the weights into a copy of the session's own. */
  isPacked: boolean;
}

/** What a worker is started with. */
export interface SessionWorkerData {
  /** [1]; 1 when nobody waits for its answers any more: all but `close` is left out. */
  givenUp: Int32Array;
}

/** What a worker is asked to do; it answers every message, in order. */
export type WorkerRequest =
  | ({ op: 'create'; session: number } & CreateRequest)
  | ({ op: 'run'; session: number } & RunRequest)
  | { op: 'release'; session: number }
  | { op: 'keep'; kept: number; tensors: KeptTensors }
  | { op: 'draw'; kept: number; rows: readonly number[] }
  | { op: 'drop'; kept: number }
  | { op: 'close' };

export type WorkerMessage = WorkerRequest & { id: number };

/** What a request is answered with. */
export interface WorkerResult {
  /** Of `run`. */
  outputs?: WireTensors;
  /** Of `draw`: a token for every row, in their order. */
  drawn?: readonly DrawnToken[];
}

/** A FacetError of our own code, as it crosses. */
export interface WorkerRefusal {
  kind: FacetErrorKind;
  message: string;
  options: FacetErrorOptions;
}

export type WorkerReply =
  | ({ id: number } & WorkerResult)
  | { id: number; error: { message: string; phase: WorkerRequest['op'] } }
  | { id: number; refusal: WorkerRefusal };
