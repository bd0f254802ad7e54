import type { Clients } from '@facet/console';
import type { Feature } from '@facet/contracts';
import { chooseSubjects, type SubjectCandidate, selectFeatures } from '@facet/experiments';
import { WORDLESS_CONCEPTS } from '@facet/landmarks';
import { conceptTruths } from '../../landmarks/concept-truths.ts';
import type { Lab } from '../../landmarks/lab.ts';
import { encodeRows, readRows } from '../../landmarks/rows.ts';
import { BRIDGE } from '../../landmarks/world.ts';

/** A concept with its feature, as the index knows it. */
export interface Subject extends SubjectCandidate {
  /** Resource name of the feature. */
  readonly name: string;
  readonly density: number;
  readonly maxActivation: number;
}

/** The SAE of the lab with what its index knows of all features. */
export interface IndexedSae {
  readonly name: string;
  readonly features: readonly Feature[];
}

/** Features of one page of the index. */
const PAGE_SIZE = 1000;
/** Draw of the train part that concepts are matched with features on; the SAE was trained on draw 0. */
const LABELLED_DRAW = 1;

/** Trains and indexes the lab's SAE, or finds it. */
export async function openIndexedSae(lab: Lab, signal: AbortSignal): Promise<IndexedSae> {
  const run = await lab.sae();
  await lab.index(run);
  const name = run.spec?.sae ?? '';
  return { name, features: await listFeatures(lab.clients, name, signal) };
}

/** Matches every concept that has words with its best feature by F1 on labelled train text, and chooses the concepts to clamp. */
export async function findSubjects(
  lab: Lab,
  { name, features }: IndexedSae,
  { count, tokens, signal }: { count: number; tokens: number; signal: AbortSignal },
): Promise<Subject[]> {
  const { clients, tokenized } = lab;
  const corpus = lab.corpus('train', tokens, LABELLED_DRAW);
  const set = await lab.activations(corpus);
  const rows = await readRows(clients, set.name, corpus.truth, signal);
  const acts = await encodeRows(clients, name, rows, signal);
  const wordless = new Set<string>(WORDLESS_CONCEPTS);
  const truths = conceptTruths(tokenized.world, corpus.truth).filter(({ concept }) => !wordless.has(concept));
  const selected = selectFeatures(acts, features.length, truths);
  const candidates = truths.map(({ concept }, i): Subject => {
    const feature = selected[i].index;
    return {
      concept,
      kind: tokenized.world.concept(concept).kind,
      feature,
      f1: selected[i].chosen.f1,
      ...indexed(features[feature]),
    };
  });
  return chooseSubjects(candidates, { first: BRIDGE, count });
}

function indexed({ name, density, maxActivation }: Feature) {
  return { name, density, maxActivation };
}

/** All features of an SAE, by index. */
async function listFeatures({ features }: Clients, parent: string, signal: AbortSignal): Promise<Feature[]> {
  const all: Feature[] = [];
  let pageToken = '';
  do {
    const page = await features.listFeatures({ parent, pageSize: PAGE_SIZE, pageToken }, { signal });
    all.push(...page.features);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return all.sort((a, b) => a.index - b.index);
}
