import type { RowSampler } from '@facet/model-runtime';
import type { DrawnToken } from '@facet/transformer/sampling';
import { editMasks, type RowPositions } from '../editing/edit-masks.ts';
import { type InterventionProof, proofsOf } from '../editing/edit-proofs.ts';
import { type InterventionPlan, type RowVariants, rowInterventions } from '../editing/intervention-plan.ts';
import { type LoadedModel, specialOf } from '../models/loaded-model.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';

/** A batch of rows that start with one prompt and go on with tokens of their own. */
export interface GenerationSteps {
  /** Runs the next chunk of the prompt in every row; the last one draws a token for every variant. */
  prefill(): Promise<StepOutcome>;
  promptDone(): boolean;
  /** Appends one token to every row, and draws the next one of the variants `draw`. */
  append(tokens: readonly number[], draw: readonly number[]): Promise<StepOutcome>;
  close(): Promise<void>;
}

export interface StepOutcome {
  /** The next tokens of the variants that were to be drawn, in their order. */
  drawn: readonly DrawnToken[];
  /** The proofs of a variant at the positions just run, in the order of its interventions. */
  proofs(variant: number): InterventionProof[];
}

export interface GenerationLayout {
  model: LoadedModel;
  plan: InterventionPlan;
  /** For every row the variant whose rules it follows; variant v is row v. */
  rowVariants: RowVariants;
  prompt: Int32Array;
  maxTokens: number;
  /** One for every variant, in their order. */
  samplers: readonly RowSampler[];
}

/** Opens the batch; every step is one turn of the scheduler and is refused once the signal has aborted. */
export async function createGenerationSteps(
  layout: GenerationLayout,
  { admission, batchTokens, signal }: ModelTurn,
): Promise<GenerationSteps> {
  const { model, plan, rowVariants, prompt, maxTokens, samplers } = layout;
  const B = rowVariants.length;
  const interventions = rowInterventions(plan, rowVariants);
  const generation = await model.runtime.openGeneration({
    batch: B,
    maxTokens: prompt.length + maxTokens,
    samplers,
    signal,
    ...(interventions.length === 0 ? {} : { interventions }),
  });
  const chunkTokens = Math.max(1, Math.floor(batchTokens / B));
  let done = 0;

  /** Appends `tokens` [B, T] and reads the answer. */
  const run = async (tokens: Int32Array, draw: readonly number[]): Promise<StepOutcome> => {
    const T = tokens.length / B;
    const firstPosition = done;
    const positions = Array.from({ length: B }, (_, row): RowPositions => {
      const special = specialOf(model, tokens.subarray(row * T, (row + 1) * T));
      return { firstPosition, special, promptLength: prompt.length };
    });
    const masks = editMasks(plan, { variants: rowVariants, positions }, T);
    const step = await takeTurn(admission, () => generation.step({ tokens, masks, draw, signal }), signal);
    done += T;
    const proven = { plan, proofs: step.proofs, masks, T };
    return {
      drawn: step.drawn,
      proofs: (variant) =>
        proofsOf(proven, { row: variant, variant, sequence: variant, firstPosition, positions: T }),
    };
  };
  return {
    prefill() {
      const isLast = done + chunkTokens >= prompt.length;
      const draw = isLast ? samplers.map(({ row }) => row) : [];
      return run(repeat(prompt.subarray(done, done + chunkTokens), B), draw);
    },
    promptDone: () => done >= prompt.length,
    append: (tokens, draw) => run(Int32Array.from(tokens), draw),
    close: () => generation.close(),
  };
}

async function takeTurn<T>(
  admission: ModelTurn['admission'],
  step: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const result = await admission.step(step);
  signal.throwIfAborted();
  return result;
}

/** Lays `tokens` [T] out for `rows` rows: [B, T]. */
function repeat(tokens: Int32Array, rows: number): Int32Array {
  const all = new Int32Array(tokens.length * rows);
  for (let row = 0; row < rows; row++) all.set(tokens, row * tokens.length);
  return all;
}
