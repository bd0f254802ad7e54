import type { Invocation } from '@facet/console';
import type { TrainingRun } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { groupByFeature } from '@facet/experiments';
import type { SparseActivations } from '@facet/sae';
import { conceptTruths, type NamedTruth } from '../../landmarks/concept-truths.ts';
import type { LabelledCorpus } from '../../landmarks/corpus.ts';
import type { Lab } from '../../landmarks/lab.ts';
import { encodeRows, readRows } from '../../landmarks/rows.ts';
import { BRIDGE } from '../../landmarks/world.ts';
import { type Candidate, rankCandidates } from './choose-feature.ts';
import { contrastTexts } from './contrast-texts.ts';
import { describeFirings, type Firings } from './firings.ts';

/** The features that tell the bridge, and from how many texts they were found. */
export interface FoundBridge {
  /** The chosen one first. */
  readonly candidates: readonly Candidate[];
  readonly positives: number;
  readonly negatives: number;
}

/** Features of the contrast search among which the labelled text decides. */
const CANDIDATES = 16;

/**
 * Finds the bridge's feature: the contrast search over all features, with texts of the train part, gives candidates; the one with the best F1
 * on `tokens` labelled tokens of the same part is chosen.
 */
export async function findBridge(
  lab: Lab,
  { spec }: TrainingRun,
  tokens: number,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<FoundBridge> {
  const stage = progress.stage('find');
  try {
    const { clients, tokenized, trainTokens } = lab;
    const parent = spec?.sae ?? '';
    const texts = contrastTexts(lab.corpus('train', trainTokens).documents, tokenized.lexicon);
    const { contrasts } = await clients.features.findFeatures(
      { parent, ...texts, pageSize: CANDIDATES },
      { signal },
    );
    const labelled = lab.corpus('train', tokens);
    const acts = await encodeLabelled(lab, spec, spec?.activationSets[0] ?? '', labelled, signal);
    const candidates = rankCandidates(contrasts, acts, spec?.dSae ?? 0, bridgeTruth(lab, labelled));
    if (candidates.length === 0 || candidates[0].detection.f1 === 0) throw nothingFound(parent);
    stage.done(describeChoice(candidates));
    return { candidates, positives: texts.positiveTexts.length, negatives: texts.negativeTexts.length };
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

/** Says which feature was chosen and how good it is. */
export function describeChoice([{ feature, detection }, ...others]: readonly Candidate[]): string {
  const f1 = detection.f1.toFixed(3);
  return `feature ${feature.index}, F1 ${f1}, best of ${others.length + 1} candidates`;
}

/** Measures the chosen feature on the held-out part, whose paraphrases and half of whose sentence forms nothing before has seen. */
export async function testOnHeldOut(
  lab: Lab,
  { spec }: TrainingRun,
  { feature, detection }: Candidate,
  tokens: number,
  signal: AbortSignal,
): Promise<Firings> {
  const corpus = lab.corpus('heldout', tokens);
  const { name } = await lab.activations(corpus);
  const acts = await encodeLabelled(lab, spec, name, corpus, signal);
  const values = new Float32Array(acts.rows);
  groupByFeature(acts, spec?.dSae ?? 0).scatter(feature.index, values);
  return describeFirings(
    { values, truth: bridgeTruth(lab, corpus), corpus },
    detection.threshold,
    lab.tokenized,
  );
}

async function encodeLabelled(
  { clients }: Lab,
  spec: TrainingRun['spec'],
  set: string,
  { truth }: LabelledCorpus,
  signal: AbortSignal,
): Promise<SparseActivations> {
  return encodeRows(clients, spec?.sae ?? '', await readRows(clients, set, truth, signal), signal);
}

function bridgeTruth({ tokenized }: Lab, { truth }: LabelledCorpus): NamedTruth {
  const found = conceptTruths(tokenized.world, truth).find(({ concept }) => concept === BRIDGE);
  if (found === undefined) throw new Error(`the world has no concept ${BRIDGE}`);
  return found;
}

function nothingFound(sae: string): FacetError {
  return new FacetError(
    'precondition',
    `${sae} has no feature for the bridge; train on more tokens (--tokens)`,
  );
}
