import { resolve } from 'node:path';
import type { ActivationSet, IndexingRun, TrainingRun } from '@facet/contracts';
import { isFacetError } from '@facet/errors';
import type { Part } from '@facet/landmarks';
import { type Clients, withClients } from '../clients.ts';
import type { Invocation } from '../invocation.ts';
import { indexFeatures } from '../steps/index-features.ts';
import { shortState } from '../steps/state.ts';
import { captureCorpus, composeCorpus, type LabelledCorpus } from './corpus.ts';
import { type SaePlan, trainSae } from './train-sae.ts';
import { BUNDLED_MODEL, openWorld, type TokenizedWorld } from './world.ts';

/** Where the experiments look: the hook point and the SAE that the demo uses. */
export const LAB_HOOK_POINT = 'blocks.2.hook_resid_post';
/** The SAE of the demo and of the experiments that take one SAE. */
export const LAB_SAE: SaePlan = {
  dSae: 1024,
  k: 16,
  epochs: 3,
  batchTokens: 1024,
  learningRate: 8e-4,
  seed: 0,
};
/** Tokens that the SAE learns from; each epoch reads them once. */
export const LAB_TRAIN_TOKENS = 600_000;
/** The model's name in the embedded services. */
export const LAB_MODEL = 'models/landmarks';

/** Options of every command that works on the world. */
export interface LabOptions {
  dataDir: string;
  seed: string;
}

/** The services with the bundled model, and what experiments make with them; nothing is made twice in one data directory. */
export interface Lab {
  readonly clients: Clients;
  readonly tokenized: TokenizedWorld;
  readonly dataDirectory: string;
  readonly seed: number;
  /** Documents of one part with their truth; `draw` tells corpora of one part apart. */
  corpus(part: Part, tokens: number, draw?: number): LabelledCorpus;
  /** The activations of a corpus, one context per document. */
  activations(corpus: LabelledCorpus, hookPoint?: string): Promise<ActivationSet>;
  /** The demo's SAE, or another one on the same activations. */
  sae(plan?: Partial<SaePlan>, hookPoint?: string): Promise<TrainingRun>;
  /** The feature index of an SAE over the activations it was trained on. */
  index(run: TrainingRun): Promise<IndexingRun>;
}

/** Starts all services with the bundled model, runs `work` and stops them again. */
export async function withLab<T>(
  options: LabOptions,
  invocation: Invocation,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  const dataDirectory = resolve(options.dataDir);
  const tokenized = await openWorld(BUNDLED_MODEL);
  const stackOptions = {
    dataDirectory,
    models: [`${LAB_MODEL.split('/')[1]}=${BUNDLED_MODEL}`],
    ports: 'any' as const,
    logLevel: 'silent',
  };
  const { startStack } = await import('../stack/stack.ts');
  const stack = await startStack(stackOptions, invocation);
  try {
    return await withClients(stack.addresses, (clients) =>
      work(createLab({ clients, tokenized, dataDirectory, seed: Number(options.seed) }, invocation)),
    );
  } finally {
    await stack.stop();
  }
}

function createLab(
  base: Pick<Lab, 'clients' | 'tokenized' | 'dataDirectory' | 'seed'>,
  invocation: Invocation,
): Lab {
  const { clients, tokenized, dataDirectory, seed } = base;
  const corpora = new Map<string, LabelledCorpus>();
  const corpus = (part: Part, tokens: number, draw = 0) => {
    const key = `${part} ${tokens} ${draw}`;
    const made = corpora.get(key) ?? composeCorpus(tokenized, { part, tokens, seed: 1000 * seed + draw });
    corpora.set(key, made);
    return made;
  };
  const activations = (labelled: LabelledCorpus, hookPoint = LAB_HOOK_POINT) =>
    captureCorpus(clients, labelled, { model: LAB_MODEL, hookPoint, dataDirectory }, invocation);
  return {
    ...base,
    corpus,
    activations,
    sae: async (plan = {}, hookPoint = LAB_HOOK_POINT) => {
      const set = await activations(corpus('train', LAB_TRAIN_TOKENS), hookPoint);
      return trainSae(clients, set, { ...LAB_SAE, seed, ...plan }, invocation);
    },
    index: (run) => indexSae(clients, run, invocation),
  };
}

async function indexSae(
  clients: Clients,
  { name, spec }: TrainingRun,
  invocation: Invocation,
): Promise<IndexingRun> {
  const id = name.split('/')[1];
  const sae = spec?.sae ?? '';
  const activationSet = spec?.activationSets[0] ?? '';
  try {
    const { indexingRun } = await clients.indexing.getIndexingRun({ name: `indexingRuns/${id}` });
    if (indexingRun !== undefined && shortState(indexingRun.state) === 'SUCCEEDED') return indexingRun;
  } catch (error) {
    if (!isFacetError(error) || error.kind !== 'not-found') throw error;
  }
  return indexFeatures(clients, { id, spec: { sae, activationSet } }, invocation);
}
