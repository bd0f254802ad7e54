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
  | { op: 'drop'; kept: number }
  | { op: 'close' };

export type WorkerMessage = WorkerRequest & { id: number };

export type WorkerReply =
  | { id: number; outputs: WireTensors | undefined }
  | { id: number; error: { message: string; phase: WorkerRequest['op'] } };
