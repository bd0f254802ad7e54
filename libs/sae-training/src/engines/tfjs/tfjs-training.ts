import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ResolvedConfig } from '../../config.ts';
import type { ResolvedRecipe } from '../../recipes/recipe-config.ts';
import type { Weights } from '../../weights/weights.ts';
import type { EngineState, StateArray } from '../engine.ts';
import type { LoadedTfjs } from './load-tfjs.ts';
import { floatsOf, scoped } from './tfjs-reading.ts';

/**
 * Tensors by parameter: W_enc, W_dec [d_sae, d_in], b_enc [d_sae], b_dec [d_in], and the recipe's own vectors [d_sae]; or
 * anything of their shapes (gradients, moments).
 */
export interface TfjsParameters<T extends Tensor = Tensor> {
  readonly [name: string]: T;
}

/** Everything of a run that lasts from step to step. `R` is the resolved recipe. */
export interface TfjsTraining<R = ResolvedRecipe> extends LoadedTfjs {
  config: ResolvedConfig<R>;
  weights: TfjsParameters<Variable>;
  mean: TfjsParameters<Variable>;
  square: TfjsParameters<Variable>;
  /** What rows are multiplied by, and the moving threshold. */
  scalars: Float64Array;
  /** [batch_rows, d_in]: the batch as it was captured. */
  batch: Float32Array;
}

/** Places in `scalars`. */
export const INPUT_SCALE = 0;
export const THRESHOLD = 1;

/** Lays the initial weights and Adam's moments out on the backend. */
export function createTraining(loaded: LoadedTfjs, config: ResolvedConfig, initial: Weights): TfjsTraining {
  const { tf } = loaded;
  const { d_in, d_sae, batch_rows } = config;
  const { W_enc, W_dec, b_enc, b_dec, vectors } = initial;
  const matrix = (values: Float32Array) => tf.tensor2d(values.slice(), [d_sae, d_in]);
  const vector = (values: Float32Array) => tf.tensor1d(values.slice());
  return scoped(tf, () => {
    const tensors: TfjsParameters = {
      W_enc: matrix(W_enc),
      W_dec: matrix(W_dec),
      b_enc: vector(b_enc),
      b_dec: vector(b_dec),
      ...mapParameters(vectors ?? {}, vector),
    };
    const zeros = () => mapParameters(tensors, (tensor) => tf.variable(tf.zerosLike(tensor), false));
    return {
      ...loaded,
      config,
      weights: mapParameters(tensors, (tensor) => tf.variable(tensor, false)),
      mean: zeros(),
      square: zeros(),
      scalars: Float64Array.of(initial.input_scale ?? 1, initial.threshold ?? 0),
      batch: new Float32Array(batch_rows * d_in),
    };
  });
}

/** Makes of every parameter something else. */
export function mapParameters<T, U>(
  parameters: Readonly<Record<string, T>>,
  make: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, make(value, name)]));
}

/** Copies the weights out. */
export function readWeights({ weights, scalars }: TfjsTraining): Weights {
  const { W_enc, W_dec, b_enc, b_dec, ...vectors } = mapParameters(weights, (tensor) =>
    floatsOf(tensor).slice(),
  );
  return {
    W_enc,
    b_enc,
    W_dec,
    b_dec,
    vectors,
    input_scale: scalars[INPUT_SCALE],
    threshold: scalars[THRESHOLD],
  };
}

/** Where a run's state lies for checkpoints: host arrays beside the backend's own. */
export interface TfjsState {
  /** Copies the state out; the same arrays at every call. */
  read(): EngineState;
  /** Copies the arrays back in. */
  write(): void;
}

/** Takes host arrays for the state at the first call. */
export function createState({ tf, weights, mean, square, scalars }: TfjsTraining): TfjsState {
  const variables = new Map<string, Variable>([
    ...Object.entries(weights),
    ...Object.entries(mean).map(([name, moment]) => [`mean_${name}`, moment] as const),
    ...Object.entries(square).map(([name, moment]) => [`square_${name}`, moment] as const),
  ]);
  let arrays: Map<string, StateArray> | undefined;
  return {
    read() {
      arrays ??= new Map<string, StateArray>([
        ...[...variables].map(([name, { size }]) => [name, new Float32Array(size)] as const),
        ['scalars', scalars],
      ]);
      for (const [name, variable] of variables) arrays.get(name)!.set(floatsOf(variable));
      return arrays;
    },
    write() {
      tf.tidy(() => {
        for (const [name, variable] of variables) {
          const values = arrays?.get(name);
          if (values) variable.assign(tf.tensor(Float32Array.from(values), variable.shape));
        }
      });
    },
  };
}

/** Gives the backend's memory back. */
export function disposeTraining({ weights, mean, square }: TfjsTraining): void {
  for (const parameters of [weights, mean, square]) {
    for (const variable of Object.values(parameters)) variable.dispose();
  }
}
