import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivationSet } from '@facet/contracts';
import { isFacetError } from '@facet/errors';
import {
  generateDocument,
  labelTokens,
  type Part,
  type TokenTruth,
  type WorldDocument,
} from '@facet/landmarks';
import type { Clients } from '../clients.ts';
import type { Invocation } from '../invocation.ts';
import { capture } from '../steps/capture.ts';
import { shortState } from '../steps/state.ts';
import type { TokenizedWorld } from './world.ts';

/** Documents of one part of the world. */
export interface CorpusPlan {
  part: Part;
  /** Tokens, BOS included, that the documents hold at least. */
  tokens: number;
  seed: number;
}

/** Documents and the truth about each of their tokens. */
export interface LabelledCorpus {
  readonly plan: CorpusPlan;
  readonly documents: readonly WorldDocument[];
  readonly truth: TokenTruth;
}

/** Seeds of corpora start here: the model was trained on a smaller one, so none of these texts was read by it. */
const FIRST_CORPUS_SEED = 1_000;

/** Writes documents until they hold enough tokens; those that do not fit a context are left out. */
export function composeCorpus(tokenized: TokenizedWorld, plan: CorpusPlan): LabelledCorpus {
  const { world, encoder, lexicon, contextTokens } = tokenized;
  const documents: WorldDocument[] = [];
  for (let index = 0, tokens = 0; tokens < plan.tokens; index++) {
    const at = { seed: FIRST_CORPUS_SEED + plan.seed, part: plan.part, index };
    const document = generateDocument(world, at);
    const length = 1 + encoder.encode(document.text).length;
    if (length > contextTokens) continue;
    documents.push(document);
    tokens += length;
  }
  return { plan, documents, truth: labelTokens(documents, encoder, lexicon) };
}

/** Captures a corpus at a hook point, or gives back the set of an earlier capture of the same. */
export async function captureCorpus(
  clients: Clients,
  corpus: LabelledCorpus,
  { model, hookPoint, dataDirectory }: { model: string; hookPoint: string; dataDirectory: string },
  invocation: Invocation,
): Promise<ActivationSet> {
  const { part, tokens, seed } = corpus.plan;
  const id = `landmarks-${part}-${tokens}-${seed}-${hookPoint.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
  const known = await existingSet(clients, `activationSets/${id}`);
  if (known) return known;
  const uri = await writeCorpus(corpus, join(dataDirectory, 'landmarks'));
  const format = { $case: 'jsonLines' as const, value: { textField: 'text' } };
  return capture(
    clients,
    { id, spec: { model, hookPoint, corpus: { uri, format }, separateDocuments: true } },
    invocation,
  );
}

async function existingSet(clients: Clients, name: string): Promise<ActivationSet | undefined> {
  try {
    const { activationSet } = await clients.capture.getActivationSet({ name });
    if (activationSet === undefined) return undefined;
    if (shortState(activationSet.state) === 'ACTIVE') return activationSet;
    await clients.capture.deleteActivationSet({ name });
    return undefined;
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') return undefined;
    throw error;
  }
}

async function writeCorpus({ plan, documents }: LabelledCorpus, directory: string): Promise<string> {
  const path = join(directory, `${plan.part}-${plan.tokens}-${plan.seed}.jsonl`);
  await mkdir(directory, { recursive: true });
  const lines = documents.map(({ text }) => `${JSON.stringify({ text })}\n`);
  await writeFile(`${path}.part`, lines.join(''));
  await rename(`${path}.part`, path);
  return path;
}
