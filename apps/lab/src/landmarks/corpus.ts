import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clients, capture, type Invocation, shortState } from '@facet/console';
import type { ActivationSet } from '@facet/contracts';
import { isFacetError } from '@facet/errors';
import {
  generateDocument,
  labelTokens,
  type Part,
  type TokenTruth,
  type WorldDocument,
} from '@facet/landmarks';
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

/** Where activations come from, and where the texts are written for it. */
export interface CaptureSource {
  model: string;
  /** Hash of the model's weights: another model gives other activations. */
  fingerprint: string;
  hookPoint: string;
  dataDirectory: string;
}

/** The folder below a data directory where the corpora of the world are written. */
export function corporaOf(dataDirectory: string): string {
  return join(dataDirectory, 'landmarks');
}

/** Captures a corpus at a hook point, or gives back the set of an earlier capture of the same. */
export async function captureCorpus(
  clients: Clients,
  corpus: LabelledCorpus,
  source: CaptureSource,
  invocation: Invocation,
): Promise<ActivationSet> {
  const { model, hookPoint, dataDirectory } = source;
  const id = setIdOf(corpus, source);
  const known = await existingSet(clients, `activationSets/${id}`);
  if (known) {
    invocation.progress.note(`capture: ${known.name} is there from an earlier run`);
    return known;
  }
  const uri = await writeCorpus(corpus, corporaOf(dataDirectory));
  const format = { $case: 'jsonLines' as const, value: { textField: 'text' } };
  return capture(
    clients,
    { id, spec: { model, hookPoint, corpus: { uri, format }, separateDocuments: true } },
    invocation,
  );
}

/** The same id only for the same texts in the same model at the same hook point. */
function setIdOf({ plan, documents }: LabelledCorpus, { fingerprint, hookPoint }: CaptureSource): string {
  const hash = createHash('sha256').update(`${fingerprint}\n${hookPoint}\n`);
  for (const { text } of documents) hash.update(`${JSON.stringify(text)}\n`);
  return `landmarks-${plan.part}-${plan.tokens}-${plan.seed}-${hash.digest('hex').slice(0, 16)}`;
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
