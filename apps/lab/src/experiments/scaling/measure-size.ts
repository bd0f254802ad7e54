import { type Clients, formatShare, type Invocation, stageProgress } from '@facet/console';
import type { SaeEvaluation } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import {
  type ConceptShare,
  conceptShare,
  detectAt,
  type FiringDictionary,
  groupByFeature,
  selectFeatures,
} from '@facet/experiments';
import { answerTensors } from '@facet/mesh';
import type { NamedTruth } from '../../landmarks/concept-truths.ts';
import type { Lab } from '../../landmarks/lab.ts';
import { type ActivationRows, encodeRows } from '../../landmarks/rows.ts';
import { type ScalingPlan, saePlan } from './plan.ts';

/** Rows of one part and what is true about them. */
export interface LabelledRows {
  readonly rows: ActivationRows;
  readonly truths: readonly NamedTruth[];
}

/** The best feature of a concept, chosen on one part and measured on the other. */
export interface ConceptFeature {
  readonly concept: string;
  readonly feature: number;
  readonly f1: number;
}

/** One dictionary, measured. */
export interface MeasuredSize {
  readonly d_sae: number;
  readonly evaluation: SaeEvaluation;
  readonly concepts: readonly ConceptFeature[];
  readonly share: ConceptShare;
  /** Seconds of training alone. */
  readonly seconds: number;
  readonly trainedTokens: number;
  /** What it said about the rows on which features are chosen. */
  readonly dictionary: FiringDictionary;
}

/** What every size is measured on. */
export interface ScalingData {
  readonly lab: Lab;
  readonly plan: ScalingPlan;
  readonly selection: LabelledRows;
  readonly heldOut: LabelledRows;
  /** Name of the held-out activation set. */
  readonly heldOutSet: string;
}

/** Features of one request for directions. */
const DIRECTIONS_PER_REQUEST = 256;

/** Trains the dictionary of one size and measures it. */
export async function measureSize(
  data: ScalingData,
  d_sae: number,
  invocation: Invocation,
): Promise<MeasuredSize> {
  const { lab, plan, heldOutSet } = data;
  const { clients } = lab;
  const run = await lab.sae(saePlan(plan, d_sae, lab.seed));
  const sae = run.spec?.sae ?? '';
  const evaluation = await evaluate(data, { sae, activationSet: heldOutSet }, invocation);
  const stage = invocation.progress.stage(`concepts in ${d_sae} features`);
  const acts = await encodeRows(clients, sae, data.selection.rows, invocation.signal);
  const heldOutActs = await encodeRows(clients, sae, data.heldOut.rows, invocation.signal);
  const concepts = measureConcepts(data, d_sae, { acts, heldOutActs });
  const share = conceptShare(concepts.map(({ f1 }) => f1));
  stage.done(`${formatShare(share.share)} have a feature`);
  const { trainedTokens, secondsPerMillionTokens } = requireDone(run.evaluation, 'evaluation');
  return {
    d_sae,
    evaluation,
    concepts,
    share,
    seconds: (Number(trainedTokens) * secondsPerMillionTokens) / 1e6,
    trainedTokens: Number(trainedTokens),
    dictionary: { ...(await readDecoder(clients, sae, d_sae)), d_sae, acts },
  };
}

/** Measures reconstruction and the model through the SAE on text of the held-out part. */
async function evaluate(
  { lab, plan }: ScalingData,
  { sae, activationSet }: { sae: string; activationSet: string },
  { progress, signal }: Invocation,
): Promise<SaeEvaluation> {
  const request = { name: sae, activationSet, maxTokens: plan.evaluationTokens, heldOut: false };
  const stage = progress.stage('evaluate');
  let evaluation: SaeEvaluation | undefined;
  for await (const { event } of lab.clients.saes.evaluateSae(request, { signal })) {
    if (event?.$case === 'evaluation') evaluation = event.value;
    else if (event?.$case === 'progress') stage.update(stageProgress(event.value)!);
  }
  stage.done('done');
  return requireDone(evaluation, 'evaluation');
}

/** Concepts that are mentioned in both parts: each one's feature is chosen on the selection, its F1 is that on the held-out part. */
function measureConcepts(
  { selection, heldOut }: ScalingData,
  d_sae: number,
  { acts, heldOutActs }: Record<'acts' | 'heldOutActs', FiringDictionary['acts']>,
): ConceptFeature[] {
  const pairs = selection.truths.flatMap((chosenOn) => {
    const measuredOn = heldOut.truths.find(({ concept }) => concept === chosenOn.concept);
    if (measuredOn === undefined || chosenOn.mentions.length * measuredOn.mentions.length === 0) return [];
    return [{ chosenOn, measuredOn }];
  });
  const selected = selectFeatures(
    acts,
    d_sae,
    pairs.map(({ chosenOn }) => chosenOn),
  );
  const columns = groupByFeature(heldOutActs, d_sae);
  const values = new Float32Array(heldOutActs.rows);
  return pairs.map(({ measuredOn }, i) => {
    const { index, chosen } = selected[i];
    columns.scatter(index, values);
    const { f1 } = detectAt(values, measuredOn, chosen.threshold);
    columns.clear(index, values);
    return { concept: measuredOn.concept, feature: index, f1 };
  });
}

async function readDecoder(
  clients: Clients,
  name: string,
  d_sae: number,
): Promise<Pick<FiringDictionary, 'd_in' | 'W_dec'>> {
  let W_dec = new Float32Array(0);
  let d_in = 0;
  for (let first = 0; first < d_sae; first += DIRECTIONS_PER_REQUEST) {
    const count = Math.min(DIRECTIONS_PER_REQUEST, d_sae - first);
    const features = Array.from({ length: count }, (_, i) => first + i);
    const { decoderRows } = await clients.saes.batchGetDirections({ name, features });
    if (first === 0) {
      d_in = decoderRows?.shape[1] ?? 0;
      W_dec = new Float32Array(d_sae * d_in);
    }
    W_dec.set(answerTensors.floats(decoderRows, [count, d_in], 'decoder_rows'), first * d_in);
  }
  return { d_in, W_dec };
}

function requireDone<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new FacetError('unavailable', `the service sent no ${what}; try again`);
  return value;
}
