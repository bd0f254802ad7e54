import {
  type ActivationInterval,
  activationIntervals,
  createRandomSae,
  type Detection,
  detectAt,
  groupByFeature,
  project,
  selectColumns,
  selectDirection,
  selectFeatures,
} from '@facet/experiments';
import { LANGUAGES, type Language } from '@facet/landmarks';
import { createSaeEncoder, type SparseActivations } from '@facet/sae';
import { conceptTruths, type NamedTruth } from '../../landmarks/concept-truths.ts';
import type { LabelledCorpus } from '../../landmarks/corpus.ts';
import type { Lab } from '../../landmarks/lab.ts';
import { type ActivationRows, encodeRows, readRows } from '../../landmarks/rows.ts';
import { BRIDGE } from '../../landmarks/world.ts';

/** Groups of mentions that are measured apart. */
export const GROUPS = ['name', 'paraphrase', 'en', 'es', 'fr', 'zh'] as const;

/** How well one detector finds one concept in held-out text, with the threshold that was best on the train part. */
export interface HeldOutDetection extends Detection {
  /** F1 on the train part. */
  readonly trainF1: number;
  /** Detection of the mentions of each group; precision is that of all rows. */
  readonly groups: Readonly<Record<(typeof GROUPS)[number], Detection & { mentions: number }>>;
}

/** One concept's best feature and the baselines. */
export interface ConceptResult {
  readonly concept: string;
  readonly feature: number;
  readonly sae: HeldOutDetection;
  readonly direction: HeldOutDetection;
  readonly neuron: HeldOutDetection;
  readonly randomSae: HeldOutDetection;
  readonly intervals: readonly ActivationInterval[];
}

/** The feature that finds a concept's mentions in one language best, and how well it finds them. */
export interface LanguageResult {
  readonly language: Language;
  readonly feature: number;
  readonly sae: Detection;
}

/** What was measured of all concepts, and of one concept language by language. */
export interface SpecificityResults {
  readonly concepts: readonly ConceptResult[];
  readonly bridgeByLanguage: readonly LanguageResult[];
}

/** Where features are chosen and where they are measured. */
export interface SpecificityInput {
  readonly sae: string;
  readonly dSae: number;
  readonly k: number;
  readonly train: LabelledCorpus;
  readonly heldOut: LabelledCorpus;
  readonly hookPoint: string;
}

/** Chooses a detector of every kind for every concept on the train part and measures it on the held-out part. */
export async function measureSpecificity(
  lab: Lab,
  input: SpecificityInput,
  signal: AbortSignal,
): Promise<SpecificityResults> {
  const parts = { train: input.train, heldOut: input.heldOut };
  const truths = mapParts(parts, ({ truth }) => conceptTruths(lab.tokenized.world, truth));
  const read = async (hookPoint: string) => ({
    train: await readPart(lab, input.train, hookPoint, signal),
    heldOut: await readPart(lab, input.heldOut, hookPoint, signal),
  });
  const residual = await read(input.hookPoint);
  const acts = {
    train: await encodeRows(lab.clients, input.sae, residual.train, signal),
    heldOut: await encodeRows(lab.clients, input.sae, residual.heldOut, signal),
  };
  const features = await sparseDetectors(acts, truths, input.dSae);
  const spoken = mapParts(truths, (all) => bridgeMentions(all));
  const bridgeByLanguage = await sparseDetectors(acts, spoken, input.dSae);
  const random = await sparseDetectors(await encodeRandomly(residual, input, lab.seed), truths, input.dSae);
  const directions = truths.train.map((truth, index) => {
    const { weights, chosen } = selectDirection(residual.train.activations, residual.train.d_in, truth);
    return heldOutDetection(project(residual.heldOut.activations, weights), truths.heldOut[index], chosen);
  });
  const neurons = neuronDetectors(await read(neuronHook(input.hookPoint)), truths);
  const concepts = truths.heldOut.map(({ concept }, index) => ({
    concept,
    feature: features[index].index,
    sae: features[index].detection,
    direction: directions[index],
    neuron: neurons[index],
    randomSae: random[index].detection,
    intervals: features[index].intervals,
  }));
  return {
    concepts,
    bridgeByLanguage: bridgeByLanguage.map(({ index, detection }, i) => ({
      language: LANGUAGES[i],
      feature: index,
      sae: detection,
    })),
  };
}

/** What is true about the bridge, four times: with only the mentions of each language to be found. */
function bridgeMentions(truths: readonly NamedTruth[]): NamedTruth[] {
  const bridge = truths.find(({ concept }) => concept === BRIDGE);
  if (bridge === undefined) throw new Error(`the world has no concept ${BRIDGE}`);
  return LANGUAGES.map((language) => ({
    ...bridge,
    mentions: bridge.mentions.filter(({ groups }) => groups.includes(language)),
  }));
}

interface Parts<T> {
  train: T;
  heldOut: T;
}

function mapParts<A, B>({ train, heldOut }: Parts<A>, map: (part: A) => B): Parts<B> {
  return { train: map(train), heldOut: map(heldOut) };
}

async function readPart(
  lab: Lab,
  corpus: LabelledCorpus,
  hookPoint: string,
  signal: AbortSignal,
): Promise<ActivationRows> {
  const { name } = await lab.activations(corpus, hookPoint);
  return readRows(lab.clients, name, corpus.truth, signal);
}

/** The neurons of the block that writes to this residual stream. */
function neuronHook(hookPoint: string): string {
  return hookPoint.replace(/hook_\w+$/, 'mlp.hook_post');
}

async function encodeRandomly(
  residual: Parts<ActivationRows>,
  { dSae, k }: SpecificityInput,
  seed: number,
): Promise<Parts<SparseActivations>> {
  const { activations, d_in } = residual.train;
  const sae = createRandomSae(activations, { d_in, d_sae: dSae, k, seed: BigInt(seed) });
  const encoder = await createSaeEncoder(sae, { maxRows: 4096 });
  try {
    return {
      train: await encoder.encode(activations, residual.train.rows),
      heldOut: await encoder.encode(residual.heldOut.activations, residual.heldOut.rows),
    };
  } finally {
    await encoder.close();
  }
}

interface SparseDetector {
  index: number;
  detection: HeldOutDetection;
  intervals: readonly ActivationInterval[];
}

async function sparseDetectors(
  acts: Parts<SparseActivations>,
  truths: Parts<readonly NamedTruth[]>,
  dSae: number,
): Promise<SparseDetector[]> {
  const selected = selectFeatures(acts.train, dSae, truths.train);
  const columns = groupByFeature(acts.heldOut, dSae);
  const values = new Float32Array(acts.heldOut.rows);
  return selected.map(({ index, chosen }, concept) => {
    columns.scatter(index, values);
    const truth = truths.heldOut[concept];
    const max = values.reduce((a, b) => Math.max(a, b), 0);
    const detector = {
      index,
      detection: heldOutDetection(values, truth, chosen),
      intervals: max > 0 ? activationIntervals(values, truth, { max }) : [],
    };
    columns.clear(index, values);
    return detector;
  });
}

function neuronDetectors(
  neurons: Parts<ActivationRows>,
  truths: Parts<readonly NamedTruth[]>,
): HeldOutDetection[] {
  const { d_in: width, rows, activations } = neurons.heldOut;
  const selected = selectColumns(neurons.train.activations, width, truths.train);
  const column = new Float32Array(rows);
  return selected.map(({ index, sign, chosen }, concept) => {
    for (let row = 0; row < rows; row++) column[row] = sign * activations[row * width + index];
    return heldOutDetection(column, truths.heldOut[concept], chosen);
  });
}

function heldOutDetection(values: Float32Array, truth: NamedTruth, chosen: Detection): HeldOutDetection {
  const at = (group?: string) => detectAt(values, truth, chosen.threshold, group);
  const groups = Object.fromEntries(GROUPS.map((group) => [group, at(group)]));
  return { ...at(), trainF1: chosen.f1, groups: groups as HeldOutDetection['groups'] };
}
