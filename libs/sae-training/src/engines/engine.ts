import type { ResolvedConfig } from '../config.ts';
import type { Weights } from '../weights/weights.ts';

/** Memory of a run in bytes, known before it starts. */
export interface EngineMemoryPlan {
  weights_bytes: number;
  /** Adam moments and gradients. */
  optimizer_bytes: number;
  /** Part of `optimizer_bytes`: gradients. */
  gradients_bytes: number;
  /** The batch, the blocks of pre-activations and the entries selected from them, and what further threads take. */
  batch_bytes: number;
  /** Part of `batch_bytes`: blocks of pre-activations, one for every thread. */
  pre_activations_bytes: number;
  /** Whether all of it lies in one WebAssembly memory, which is limited. @default true */
  one_memory?: boolean;
}

/** What one step did. */
export interface StepStatistics {
  /** The whole loss, auxiliary terms included. */
  loss: number;
  /** Mean features fired per row. */
  l0: number;
  /** Σ‖x − x̂‖² / Σ‖x − mean‖² over the rows of the step. */
  fvu: number;
  /** Norm of the gradient before clipping. */
  gradient_norm: number;
  /** Rows in which each feature fired [d_sae]; overwritten by the next step. */
  firings: Uint32Array;
  /** Rows of the step whose decoder and gradients were computed dense, because too many features fired. */
  dense_rows: number;
}

/** Sums over evaluated rows, from which metrics of a whole set follow. */
export interface EvaluationSums {
  rows: number;
  squared_error: number;
  /** Σ‖x‖² of rows as the encoder sees them. */
  squared_norm: number;
  /** Σx of them [d_in]. */
  column_sums: Float64Array;
  /** Entries that fired. */
  firings: number;
  /** Sum over rows of the cosine of x and x̂, as they come in and go out; 0 for a row of zeros. */
  cosine: number;
  /** Sum over rows of ‖x̂‖ / ‖x‖; 0 for a row of zeros. */
  norm_ratio: number;
}

/** Numbers of a kind that a checkpoint can hold. */
export type StateArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * Everything that a step changes and that the next step depends on, by name: views, not copies. Writing a
 * checkpoint is copying them out after a step, resuming is copying into them before the next; that step is then
 * bit-identical to the one of a run that was never interrupted on the same engine and backend. Names and lengths
 * depend on the engine and the configuration alone. What a step writes before it reads (the batch, gradients, scratch) is no state.
 */
export type EngineState = ReadonlyMap<string, StateArray>;

/** One run on an engine: it owns the weights, the optimizer's state and the memory. */
export interface EngineSession {
  /** What the engine runs on, as people read it, where there are several: `tensorflow, GPU`. @default it has no choice */
  backend?: string;
  /** Trains on one batch [batch_rows, d_in] that `fill` wrote; throws where the loss is no longer finite. */
  step(step: number, learning_rate: number, deadFeatures: Uint32Array): Promise<StepStatistics>;
  /** Copies rows [rows, d_in] into the batch, beginning at row `at`. */
  fill(x: Float32Array, at: number): void;
  /** Encodes and decodes the first `rows` rows of the batch without training. */
  evaluate(rows: number): Promise<EvaluationSums>;
  /**
   * Encodes the first `rows` rows of the batch: pre-activations of every feature, a block of whole rows at a
   * time, overwritten by the next. An engine may pad rows with −∞.
   */
  preActivations(rows: number): AsyncIterable<Float32Array>;
  weights(): Weights;
  /**
   * The same views at every call, valid until `close`. An engine whose own memory is elsewhere copies the state into
   * them at every call.
   */
  state(): EngineState;
  /** Takes over what was written into the arrays of `state()`. @default nothing to do: they are the state itself */
  loadState?(): void;
  close(): Promise<void>;
}

/** A way to train: kernels of our own on the CPU, or tfjs on whatever backend is installed. */
export interface TrainingEngine {
  /** Without the backend that a caller may have named. */
  name: string;
  planMemory(config: ResolvedConfig): EngineMemoryPlan;
  /**
   * Loads what the engine needs besides this package, and says what it runs on; `precondition` with the remedy where it is
   * not installed. @default nothing more is needed
   */
  load?(): Promise<string>;
  /**
   * Begins a run. Once `signal` has aborted, a call under way throws `cancelled` between two blocks of its work, where
   * the engine works in blocks; the session is good for nothing but `close` then.
   */
  open(config: ResolvedConfig, initial: Weights, signal?: AbortSignal): Promise<EngineSession>;
}
