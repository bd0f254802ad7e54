import { resolve } from 'node:path';
import { type Clients, type Invocation, indexFeatures, openClients, shortState } from '@facet/console';
import type { ActivationSet, IndexingRun, TrainingRun } from '@facet/contracts';
import type { Part } from '@facet/landmarks';
import { newId } from '@facet/mesh';
import { captureCorpus, composeCorpus, corporaOf, type LabelledCorpus } from './corpus.ts';
import { type SaePlan, trainSae } from './train-sae.ts';
import { BUNDLED_MODEL, openWorld, type TokenizedWorld } from './world.ts';

/** Where the experiments look: the hook point and the SAE that the demo uses. */
export const LAB_HOOK_POINT = 'blocks.3.hook_resid_post';
/** The SAE of the demo and of the experiments that take one SAE. */
export const LAB_SAE: SaePlan = {
  dSae: 4096,
  k: 5,
  epochs: 3,
  batchTokens: 1024,
  learningRate: 8e-4,
  seed: 0,
};
/** Tokens that the SAE learns from; each epoch reads them once. */
export const LAB_TRAIN_TOKENS = 700_000;
/** The model's name in the embedded services. */
export const LAB_MODEL = 'models/landmarks';

/** Options of every command that works on the world. */
export interface LabOptions {
  dataDir: string;
  seed: string;
  /** Tokens that SAEs learn from. @default LAB_TRAIN_TOKENS */
  trainTokens?: number;
}

/** The services with the bundled model, and what experiments make with them; nothing is made twice in one data directory. */
export interface Lab {
  readonly clients: Clients;
  readonly tokenized: TokenizedWorld;
  readonly dataDirectory: string;
  readonly seed: number;
  /** Tokens that SAEs learn from; each epoch reads them once. */
  readonly trainTokens: number;
  /** Documents of one part with their truth; `draw` tells corpora of one part apart. */
  corpus(part: Part, tokens: number, draw?: number): LabelledCorpus;
  /** The activations of a corpus, one context per document. */
  activations(corpus: LabelledCorpus, hookPoint?: string): Promise<ActivationSet>;
  /** The demo's SAE, or another one on the same activations. */
  sae(plan?: Partial<SaePlan>, hookPoint?: string): Promise<TrainingRun>;
  /** The feature index of an SAE over the activations it was trained on. */
  index(run: TrainingRun): Promise<IndexingRun>;
}

/** A lab that runs until it is closed. */
export interface OpenLab {
  readonly lab: Lab;
  /** Stops all services. */
  close(): Promise<void>;
}

/** Starts all services with the bundled model, runs `work` and stops them again. */
export async function withLab<T>(
  options: LabOptions,
  invocation: Invocation,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  const { lab, close } = await openLab(options, invocation);
  try {
    return await work(lab);
  } finally {
    await close();
  }
}

/** Starts all services with the bundled model. */
export async function openLab(options: LabOptions, invocation: Invocation): Promise<OpenLab> {
  const { dataDir, seed, trainTokens = LAB_TRAIN_TOKENS } = options;
  const dataDirectory = resolve(dataDir);
  const tokenized = await openWorld(BUNDLED_MODEL);
  const stackOptions = {
    dataDirectory,
    models: [`${LAB_MODEL.split('/')[1]}=${BUNDLED_MODEL}`],
    corpora: [corporaOf(dataDirectory)],
    ports: 'any' as const,
    logLevel: 'silent',
  };
  const { startStack } = await import('@facet/stack');
  const stack = await startStack(stackOptions, invocation);
  const clients = openClients(stack.addresses);
  const base = { clients, tokenized, dataDirectory, seed: Number(seed), trainTokens };
  return {
    lab: createLab(base, invocation),
    close: async () => {
      clients.close();
      await stack.stop();
    },
  };
}

type LabBase = Pick<Lab, 'clients' | 'tokenized' | 'dataDirectory' | 'seed' | 'trainTokens'>;

function createLab(base: LabBase, invocation: Invocation): Lab {
  const { clients, tokenized, dataDirectory, seed, trainTokens } = base;
  const { fingerprint } = tokenized;
  const corpora = new Map<string, LabelledCorpus>();
  const corpus = (part: Part, tokens: number, draw = 0) => {
    const key = `${part} ${tokens} ${draw}`;
    const made = corpora.get(key) ?? composeCorpus(tokenized, { part, tokens, seed: 1000 * seed + draw });
    corpora.set(key, made);
    return made;
  };
  const sets = new Map<string, Promise<ActivationSet>>();
  const activations = (labelled: LabelledCorpus, hookPoint = LAB_HOOK_POINT) => {
    const source = { model: LAB_MODEL, fingerprint, hookPoint, dataDirectory };
    const key = `${JSON.stringify(labelled.plan)} ${hookPoint}`;
    const set = sets.get(key) ?? captureCorpus(clients, labelled, source, invocation);
    sets.set(key, set);
    return set;
  };
  return {
    ...base,
    corpus,
    activations,
    sae: async (plan = {}, hookPoint = LAB_HOOK_POINT) => {
      const set = await activations(corpus('train', trainTokens), hookPoint);
      return trainSae(clients, set, { ...LAB_SAE, seed, ...plan }, invocation);
    },
    index: (run) => indexSae(clients, run, invocation),
  };
}

async function indexSae(
  clients: Clients,
  { spec }: TrainingRun,
  invocation: Invocation,
): Promise<IndexingRun> {
  const sae = spec?.sae ?? '';
  const activationSet = spec?.activationSets[0] ?? '';
  const known = await succeededIndex(clients, sae, activationSet);
  if (known) {
    invocation.progress.note(`index: ${known.name} is there from an earlier run`);
    return known;
  }
  return indexFeatures(clients, { id: newId('landmarks'), spec: { sae, activationSet } }, invocation);
}

/** Runs cannot be deleted, so one that was interrupted leaves its id behind: what counts is what a run indexed. */
async function succeededIndex(
  clients: Clients,
  sae: string,
  activationSet: string,
): Promise<IndexingRun | undefined> {
  for (let pageToken = ''; ; ) {
    const page = await clients.indexing.listIndexingRuns({ pageSize: 1000, pageToken });
    const known = page.indexingRuns.find(
      (run) =>
        shortState(run.state) === 'SUCCEEDED' &&
        run.spec?.sae === sae &&
        run.spec.activationSet === activationSet,
    );
    if (known || page.nextPageToken === '') return known;
    pageToken = page.nextPageToken;
  }
}
