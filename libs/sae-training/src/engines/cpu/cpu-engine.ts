import type { ResolvedRecipe } from '../../recipes/recipe-config.ts';
import { recipeOf } from '../../recipes/registry.ts';
import { requireFiniteRows, requireProgress } from '../../training/training-failures.ts';
import type { Weights } from '../../weights/weights.ts';
import type {
  EngineSession,
  EngineState,
  EvaluationSums,
  StateArray,
  StepStatistics,
  TrainingEngine,
} from '../engine.ts';
import { agreementOf } from './cpu-agreement.ts';
import { createWorkspace, planWorkspace } from './cpu-allocation.ts';
import { readWeights } from './cpu-parameters.ts';
import { products } from './cpu-product.ts';
import { cpuGradientsOf } from './cpu-recipes.ts';
import { clearGradients, finishGradients, updateWeights } from './cpu-update.ts';
import { INPUT_SCALE, THRESHOLD, type CpuWorkspace as Workspace } from './cpu-workspace.ts';

/**
 * Trains on the CPU: dense products in ONNX Runtime, everything sparse in SIMD WebAssembly, over one memory.
 */
export const cpuEngine: TrainingEngine = {
  name: 'cpu',
  planMemory: planWorkspace,
  async open(config, initial, signal): Promise<EngineSession> {
    const cpu = await createWorkspace(config, initial, signal);
    return {
      fill: (x, at) => fill(cpu, x, at),
      step: (step, learning_rate, dead) => trainStep(cpu, { step, learning_rate, dead }),
      evaluate: (rows) => evaluate(cpu, rows),
      preActivations: (rows) => preActivations(cpu, rows),
      weights: () => weightsOf(cpu),
      state: () => stateOf(cpu),
      close: async () => {
        await cpu.threads.close();
        await cpu.product?.close();
        await cpu.dense?.close();
      },
    };
  },
};

/** Adam's step count is no part of it: the caller states the step. Padding is kept, as it lies in memory. */
function stateOf({ weights, mean, square, scalars }: CpuWorkspace): EngineState {
  const { W_enc, W_dec, b_enc, b_dec, vectors } = weights;
  const parameters = { W_enc, W_dec, b_enc, b_dec, ...vectors };
  return new Map<string, StateArray>([
    ...Object.entries(parameters),
    ['adam_mean', mean],
    ['adam_square', square],
    ['scalars', scalars],
  ]);
}

function weightsOf({ config, width, weights, scalars }: CpuWorkspace): Weights {
  const { d_in, d_sae } = config;
  const shape = { d_in, d_sae, width };
  return {
    ...readWeights(weights, shape),
    input_scale: scalars[INPUT_SCALE],
    threshold: scalars[THRESHOLD],
  };
}

type CpuWorkspace = Workspace<ResolvedRecipe>;

interface StepInput {
  /** Steps taken before this one. */
  step: number;
  learning_rate: number;
  dead: Uint32Array;
}

async function trainStep(cpu: CpuWorkspace, input: StepInput): Promise<StepStatistics> {
  const { config } = cpu;
  const rows = config.batch_rows;
  const recipe = recipeOf(config.recipe);
  const gradients = cpuGradientsOf(config.recipe);
  requireFiniteRows(cpu.kernels.sumOfSquares(cpu.x.byteOffset, cpu.x.length), input.step);
  const sums = prepareRows(cpu, rows);
  await clearGradients(cpu);
  cpu.firings.fill(0);
  const loss = await gradients.train(cpu, input);
  const gradient_norm = Math.sqrt(await finishGradients(cpu, recipe));
  requireProgress(config, { ...input, loss: loss.loss, norm: gradient_norm });
  const vector_rates = recipe.vector_rates?.(config) ?? {};
  await updateWeights(cpu, { ...input, norm: gradient_norm, unit: recipe.unit_decoder, vector_rates });
  gradients.afterUpdate?.(cpu, input);
  return {
    loss: loss.loss,
    l0: loss.firings / rows,
    fvu: loss.squared_error / varianceOf(sums, rows),
    gradient_norm,
    firings: cpu.firings.subarray(0, config.d_sae),
    dense_rows: loss.dense_rows,
  };
}

async function evaluate(cpu: CpuWorkspace, rows: number): Promise<EvaluationSums> {
  const sums = prepareRows(cpu, rows);
  const { recipe } = cpu.config;
  const { squared_error, firings } = await cpuGradientsOf(recipe).evaluate(cpu, rows);
  return {
    rows,
    squared_error,
    firings,
    ...sums,
    ...agreementOf(cpu, rows, recipeOf(recipe).subtracts_b_dec),
  };
}

async function* preActivations(cpu: CpuWorkspace, rows: number): AsyncGenerator<Float32Array, void> {
  const { weights } = cpu;
  prepareRows(cpu, rows);
  for await (const values of products(cpu, rows)) {
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

/** Scales the rows and subtracts b_dec where the recipe does, in place; returns Σ‖x‖² and Σx of the result. */
function prepareRows({ kernels, weights, x, sums, scalars, width, config }: CpuWorkspace, rows: number) {
  const scale = scalars[INPUT_SCALE];
  if (scale !== 1) kernels.scaleValues(x.byteOffset, rows * width, scale);
  if (recipeOf(config.recipe).subtracts_b_dec) {
    kernels.centerRows(x.byteOffset, weights.b_dec.byteOffset, rows, width);
  }
  sums.fill(0);
  kernels.addColumns(sums.byteOffset, x.byteOffset, rows, width, 1);
  const squared_norm = kernels.sumOfSquares(x.byteOffset, rows * width);
  return { squared_norm, column_sums: Float64Array.from(sums.subarray(0, config.d_in)) };
}

function varianceOf(sums: { squared_norm: number; column_sums: Float64Array }, rows: number): number {
  return sums.squared_norm - sums.column_sums.reduce((total, sum) => total + sum * sum, 0) / rows;
}
