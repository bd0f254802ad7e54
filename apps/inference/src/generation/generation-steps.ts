import type { Generation, GenerationStep } from '@facet/model-runtime';
import { editMasks, type RowPositions } from '../editing/edit-masks.ts';
import { type InterventionProof, proofsOf } from '../editing/edit-proofs.ts';
import { type InterventionPlan, type RowVariants, rowInterventions } from '../editing/intervention-plan.ts';
import { type LoadedModel, specialOf } from '../models/loaded-model.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';

/** A batch of rows that start with one prompt and go on with tokens of their own. */
export interface GenerationSteps {
  /** Runs the next chunk of the prompt in every row. */
  prefill(): Promise<StepOutcome>;
  promptDone(): boolean;
  /** Appends one token to every row. */
  append(tokens: readonly number[]): Promise<StepOutcome>;
  close(): Promise<void>;
}

export interface StepOutcome {
  /** Next-token logits [B, V]. */
  logits: Float32Array;
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
}

/** Opens the batch; every step is one turn of the scheduler and is refused once the signal has aborted. */
export async function createGenerationSteps(
  layout: GenerationLayout,
  { admission, batchTokens, signal }: ModelTurn,
): Promise<GenerationSteps> {
  const { model, plan, rowVariants, prompt, maxTokens } = layout;
  const B = rowVariants.length;
  const interventions = rowInterventions(plan, rowVariants);
  const generation = await model.runtime.openGeneration({
    batch: B,
    maxTokens: prompt.length + maxTokens,
    signal,
    ...(interventions.length === 0 ? {} : { interventions }),
  });
  const chunkTokens = Math.max(1, Math.floor(batchTokens / B));
  let done = 0;

  /** Appends `tokens` [B, T] and reads the answer. */
  const run = async (tokens: Int32Array): Promise<StepOutcome> => {
    const T = tokens.length / B;
    const firstPosition = done;
    const positions = Array.from({ length: B }, (_, row): RowPositions => {
      const special = specialOf(model, tokens.subarray(row * T, (row + 1) * T));
      return { firstPosition, special, promptLength: prompt.length };
    });
    const masks = editMasks(plan, { variants: rowVariants, positions }, T);
    const step = await turn(admission, generation, { tokens, masks, signal });
    done += T;
    const proven = { plan, proofs: step.proofs, masks, T };
    return {
      logits: step.logits,
      proofs: (variant) =>
        proofsOf(proven, { row: variant, variant, sequence: variant, firstPosition, positions: T }),
    };
  };
  return {
    prefill: () => run(repeat(prompt.subarray(done, done + chunkTokens), B)),
    promptDone: () => done >= prompt.length,
    append: (tokens) => run(Int32Array.from(tokens)),
    close: () => generation.close(),
  };
}

async function turn(
  admission: ModelTurn['admission'],
  generation: Generation,
  {
    tokens,
    masks,
    signal,
  }: { tokens: Int32Array; masks: ReadonlyMap<string, Float32Array>; signal: AbortSignal },
): Promise<GenerationStep> {
  signal.throwIfAborted();
  const step = await admission.step(() => generation.step({ tokens, masks, signal }));
  signal.throwIfAborted();
  return step;
}

/** Lays `tokens` [T] out for `rows` rows: [B, T]. */
function repeat(tokens: Int32Array, rows: number): Int32Array {
  const all = new Int32Array(tokens.length * rows);
  for (let row = 0; row < rows; row++) all.set(tokens, row * tokens.length);
  return all;
}
