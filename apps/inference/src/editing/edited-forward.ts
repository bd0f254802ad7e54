import type { BatchIntervention, ForwardRequest, ForwardResult } from '@facet/model-runtime';
import { MAX_STEP_RESULT_BYTES } from '../limits.ts';
import { type LoadedModel, specialOf } from '../models/loaded-model.ts';
import { type Batch, batchTokensOf } from '../scheduling/batches.ts';
import type { TokenSequences } from '../tokens/token-sequences.ts';
import { editMasks } from './edit-masks.ts';
import { type InterventionProof, proofsOf } from './edit-proofs.ts';
import { type InterventionPlan, rowInterventions } from './intervention-plan.ts';

/** Whole contexts to run through a model, all with the same interventions (variant 0 of the plan). */
export interface EditedContexts {
  model: LoadedModel;
  sequences: TokenSequences;
  plan: InterventionPlan;
}

/** What a forward pass is asked for besides tokens and interventions. */
export type ForwardQuestion = Pick<
  ForwardRequest,
  'hookPoints' | 'activationDtype' | 'logits' | 'scores' | 'residual' | 'replacements' | 'signal'
>;

/** Runs one batch with its interventions, or with `unedited` through the same graph with rules that change nothing. */
export async function forwardBatch(
  contexts: EditedContexts,
  batch: Batch,
  { unedited = false, ...question }: ForwardQuestion & { unedited?: boolean },
): Promise<BatchResult> {
  const { model, sequences, plan } = contexts;
  const { masks, interventions } = batchInterventions(contexts, batch, unedited);
  const result = await model.runtime.forward({
    ...question,
    tokens: batchTokensOf(sequences, batch),
    batch: batch.sequences.length,
    lengths: lengthsOf(contexts, batch),
    ...(plan.ports.length === 0 ? {} : { interventions }),
  });
  return { batch, result, masks };
}

export interface BatchResult {
  batch: Batch;
  result: ForwardResult;
  masks: ReadonlyMap<string, Float32Array>;
}

/** The proofs of one row of a batch. */
export function rowProofs(
  { plan, sequences }: EditedContexts,
  { batch, result, masks }: BatchResult,
  row: number,
): InterventionProof[] {
  const sequence = batch.sequences[row]!;
  const positions = sequences.lengths[sequence]!;
  const step = { plan, proofs: result.proofs, masks, T: batch.positions };
  return proofsOf(step, { row, variant: 0, sequence, firstPosition: 0, positions });
}

/** The tokens of a batch that keep its results, `bytesPerToken` each besides the proofs, within the memory bound. */
export function boundedBatchTokens(
  batchTokens: number,
  plan: InterventionPlan,
  bytesPerToken: number,
): number {
  const features = plan.ports.reduce((sum, port) => sum + port.features, 0);
  const floatsPerFeature = 3; // f before, f after, mask
  const bytes = bytesPerToken + 4 * floatsPerFeature * features;
  return Math.max(1, Math.min(batchTokens, Math.floor(MAX_STEP_RESULT_BYTES / Math.max(1, bytes))));
}

/** Tokens of each row of a batch. */
export function lengthsOf({ sequences }: EditedContexts, batch: Batch): number[] {
  return batch.sequences.map((index) => sequences.lengths[index]!);
}

function batchInterventions(
  { model, sequences, plan }: EditedContexts,
  batch: Batch,
  unedited: boolean,
): { masks: Map<string, Float32Array>; interventions: BatchIntervention[] } {
  const variants = batch.sequences.map(() => (unedited ? null : 0));
  const positions = batch.sequences.map((index) => {
    const start = sequences.starts[index]!;
    const length = sequences.lengths[index]!;
    const special = specialOf(model, sequences.ids.subarray(start, start + length));
    return { firstPosition: 0, special, promptLength: length };
  });
  const masks = editMasks(plan, { variants, positions }, batch.positions);
  const interventions = rowInterventions(plan, variants).map((intervention) => ({
    ...intervention,
    mask: masks.get(intervention.hookPoint)!,
  }));
  return { masks, interventions };
}
