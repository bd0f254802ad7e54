import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from '../config.ts';
import type {
  EngineSession,
  EngineState,
  EvaluationSums,
  StepStatistics,
  TrainingEngine,
} from '../engine.ts';
import { recipeOf } from '../recipes/registry.ts';
import { agreementOf } from './cpu-agreement.ts';
import type { BatchLoss } from './cpu-gradients.ts';
import { productBlocks } from './cpu-product.ts';
import { type CpuWorkspace, createWorkspace, planWorkspace, readWeights } from './cpu-workspace.ts';

/**
 * Trains on the CPU: dense products in ONNX Runtime, everything sparse in SIMD WebAssembly, over one memory.
 */
export const cpuEngine: TrainingEngine = {
  name: 'cpu',
  planMemory: planWorkspace,
  async open(config, initial): Promise<EngineSession> {
    const cpu = await createWorkspace(config, initial);
    return {
      fill: (x, at) => fill(cpu, x, at),
      step: (step, learning_rate, dead) => trainStep(cpu, { step, learning_rate, dead }),
      evaluate: (rows) => evaluate(cpu, rows),
      preActivations: (rows) => preActivations(cpu, rows),
      weights: () => readWeights(cpu),
      state: () => stateOf(cpu),
      close: () => cpu.product.close(),
    };
  },
};

/** Adam's step count is no part of it: the caller states the step. Padding is kept, as it lies in memory. */
function stateOf({ weights, mean, square }: CpuWorkspace): EngineState {
  return new Map([
    ['W_enc', weights.W_enc],
    ['W_dec', weights.W_dec],
    ['b_enc', weights.b_enc],
    ['b_dec', weights.b_dec],
    ['adam_mean', mean],
    ['adam_square', square],
  ]);
}

const NO_FEATURES = new Uint32Array(0);

interface StepInput {
  /** Steps taken before this one. */
  step: number;
  learning_rate: number;
  dead: Uint32Array;
}

async function trainStep(cpu: CpuWorkspace, input: StepInput): Promise<StepStatistics> {
  const { config, gradients, kernels } = cpu;
  const rows = config.batch_rows;
  const { cpu: recipe } = recipeOf(config.recipe);
  requireFiniteRows(cpu, input.step);
  const sums = center(cpu, rows);
  gradients.all.fill(0);
  const batch = { ...cpu, dead: placeDead(cpu, input.dead) };
  const loss = recipe.backward(batch, rows, await recipe.forward(batch, rows));
  const gradient_norm = Math.sqrt(kernels.sumOfSquares(gradients.all.byteOffset, gradients.all.length));
  requireProgress(config, loss, gradient_norm, input);
  update(cpu, input, gradient_norm);
  recipe.constrain(cpu);
  return {
    loss: loss.loss,
    l0: loss.firings / rows,
    fvu: loss.squared_error / varianceOf(sums, rows),
    gradient_norm,
    firings: cpu.firings.subarray(0, config.d_sae),
  };
}

/** One Adam step on all weights with the gradient clipped to the configured norm. */
function update(
  { config, kernels, weights, gradients, mean, square }: CpuWorkspace,
  input: StepInput,
  norm: number,
) {
  const { beta1, beta2, epsilon } = config.adam;
  const t = input.step + 1;
  const clip = config.gradient_clip_norm;
  const gradientScale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const rate = input.learning_rate / (1 - beta1 ** t);
  const rootScale = 1 / Math.sqrt(1 - beta2 ** t);
  const arrays = [weights.all, mean, square, gradients.all].map((array) => array.byteOffset);
  const [W, m, v, G] = arrays;
  kernels.adam(W, m, v, G, weights.all.length, gradientScale, beta1, beta2, rate, rootScale, epsilon);
}

async function evaluate(cpu: CpuWorkspace, rows: number): Promise<EvaluationSums> {
  const sums = center(cpu, rows);
  const { cpu: recipe } = recipeOf(cpu.config.recipe);
  const { squared_error, firings } = await recipe.forward({ ...cpu, dead: NO_FEATURES }, rows);
  return { rows, squared_error, firings, ...sums, ...agreementOf(cpu, rows) };
}

async function* preActivations(cpu: CpuWorkspace, rows: number): AsyncGenerator<Float32Array, void> {
  const { weights, pre, d_sae } = cpu;
  center(cpu, rows);
  for await (const block of productBlocks(cpu, rows)) {
    const values = pre.subarray(0, block.rows * d_sae);
    addBias(values, weights.b_enc);
    yield values;
  }
}

/** Adds `bias` to every row of `rows` [·, bias.length] in place. */
function addBias(rows: Float32Array, bias: Float32Array): void {
  for (let row = 0; row < rows.length; row += bias.length) {
    for (let i = 0; i < bias.length; i++) rows[row + i] += bias[i];
  }
}

function fill({ config, width, x }: CpuWorkspace, rows: Float32Array, at: number): void {
  const { d_in } = config;
  if (width === d_in) {
    x.set(rows, at * width);
    return;
  }
  for (let r = 0; r * d_in < rows.length; r++) {
    x.set(rows.subarray(r * d_in, (r + 1) * d_in), (at + r) * width);
  }
}

/** Subtracts b_dec from the rows in place and returns Σ‖x‖² and Σx of the result. */
function center({ kernels, weights, x, sums, width, config }: CpuWorkspace, rows: number) {
  kernels.centerRows(x.byteOffset, weights.b_dec.byteOffset, rows, width);
  sums.fill(0);
  kernels.addColumns(sums.byteOffset, x.byteOffset, rows, width, 1);
  const squared_norm = kernels.sumOfSquares(x.byteOffset, rows * width);
  return { squared_norm, column_sums: Float64Array.from(sums.subarray(0, config.d_in)) };
}

function varianceOf(sums: { squared_norm: number; column_sums: Float64Array }, rows: number): number {
  return sums.squared_norm - sums.column_sums.reduce((total, sum) => total + sum * sum, 0) / rows;
}

/** Copies the dead features into kernel memory, where the recipe has a use for them. */
function placeDead(cpu: CpuWorkspace, dead: Uint32Array): Uint32Array {
  if (cpu.auxiliary.stride === 0) return NO_FEATURES;
  cpu.dead.set(dead);
  return cpu.dead.subarray(0, dead.length);
}

function requireFiniteRows({ kernels, x }: CpuWorkspace, step: number): void {
  if (Number.isFinite(kernels.sumOfSquares(x.byteOffset, x.length))) return;
  const message =
    `the rows of step ${step + 1} hold NaN, infinite values, or values whose squares overflow; ` +
    'capture the activation set again';
  throw new FacetError('data-loss', message, { reason: 'ACTIVATIONS_NOT_FINITE' });
}

function requireProgress(
  config: ResolvedConfig,
  { loss }: BatchLoss,
  norm: number,
  { step, learning_rate }: StepInput,
) {
  if (Number.isFinite(loss) && Number.isFinite(norm)) return;
  const message =
    `training diverged at step ${step + 1} of ${config.steps}: loss ${loss}, gradient norm ${norm}, ` +
    `learning rate ${learning_rate}; lower learning_rate`;
  throw new FacetError('precondition', message, { reason: 'TRAINING_DIVERGED' });
}
