import { resolve } from 'node:path';
import {
  type AddressOptions,
  hasAddresses,
  type Invocation,
  parseCount,
  parseDecimal,
  parseSteerMode,
  type SteerMode,
} from '@facet/console';
import type { ActivationSetSpec, SamplingOptions, TrainingSpec } from '@facet/contracts';
import { cacheDirectoryOf, locateModel, modelIdOf } from '@facet/hub';
import { newId, parseId } from '@facet/mesh';
import { type CorpusOptions, parseCorpus } from '../parse/corpus.ts';
import { parseResource } from '../parse/names.ts';
import { parseSamplingOptions, type SamplingOptions as SamplingTexts } from '../parse/sampling.ts';
import { parseTexts } from '../parse/texts.ts';
import { parseTrainingOptions, type TrainingOptions } from '../parse/training.ts';

/** Options of `facet run` as commander gives them. */
export interface RunOptions extends AddressOptions, CorpusOptions, TrainingOptions, SamplingTexts {
  model: string;
  hook: string;
  tokens?: string;
  context?: string;
  separateDocuments?: boolean;
  epochs: string;
  find: string[];
  against: string[];
  maxDensity: string;
  feature?: string;
  steer: string;
  prompt: string;
  positions: string;
  dataDir: string;
  connect?: boolean;
  keep?: boolean;
  id?: string;
  verbose?: boolean;
}

/** Everything `facet run` is going to do, checked before anything starts. */
export interface RunPlan {
  /** Id of all resources that the run makes. */
  id: string;
  /** Where the services come from. */
  services: EmbeddedServices | { kind: 'running' };
  capture: Partial<ActivationSetSpec>;
  training: Partial<TrainingSpec>;
  /** Passes over the activation set, where the tokens to train on are not given. */
  epochs: number;
  find: { positiveTexts: string[]; negativeTexts: string[]; maxDensity: number };
  /** Feature to steer with instead of the best one. */
  feature: number | undefined;
  steer: SteerMode;
  prompt: string;
  sampling: Partial<SamplingOptions>;
  /** Positions of the proof that are shown. */
  positions: number;
  /** Keep what an interrupted run made. */
  keep: boolean;
  verbose: boolean;
}

/** All services in this process. */
export interface EmbeddedServices {
  kind: 'embedded';
  dataDirectory: string;
  /** The model directory, absolute. */
  modelDirectory: string;
  modelId: string;
}

/** Passes over the activation set unless told otherwise: a run is short of tokens, not of time. */
export const DEFAULT_EPOCHS = '4';
/** Tokens of a step unless told otherwise: more steps for the same tokens. */
export const DEFAULT_BATCH = '1024';

const MAX_COUNT = { min: 1, max: Number.MAX_SAFE_INTEGER };
const CONTEXT = { min: 2, max: 1_048_576 };
const EPOCHS = { min: 0.01, max: 10_000 };
const POSITIONS = { min: 0, max: 1_000_000 };
const FEATURE = { min: 0, max: 1_048_575 };

/** Checks every option of `facet run`; throws `invalid` naming the first one that is wrong. */
export async function planRun(options: RunOptions, env: Invocation['env']): Promise<RunPlan> {
  const running = options.connect === true || hasAddresses(options, env);
  const services = running ? { kind: 'running' as const } : await embeddedServices(options, env);
  const model =
    services.kind === 'embedded'
      ? `models/${services.modelId}`
      : parseResource(options.model, 'models', '--model');
  return {
    id: options.id === undefined ? newId('run') : parseId(options.id, '--id'),
    services,
    capture: await captureSpec(options, model),
    training: parseTrainingOptions(options),
    epochs: parseDecimal(options.epochs, '--epochs', EPOCHS),
    find: {
      positiveTexts: parseTexts(options.find, '--find'),
      negativeTexts: parseTexts(options.against, '--against'),
      maxDensity: parseDecimal(options.maxDensity, '--max-density', { min: 0, max: 1 }),
    },
    feature: options.feature === undefined ? undefined : parseCount(options.feature, '--feature', FEATURE),
    steer: parseSteerMode(options.steer),
    prompt: options.prompt,
    sampling: parseSamplingOptions(options, options.seed),
    positions: parseCount(options.positions, '--positions', POSITIONS),
    keep: options.keep ?? false,
    verbose: options.verbose ?? false,
  };
}

async function captureSpec(options: RunOptions, model: string): Promise<Partial<ActivationSetSpec>> {
  const { tokens, context } = options;
  return {
    model,
    hookPoint: options.hook,
    corpus: await parseCorpus(options),
    maxTokens: tokens === undefined ? 0n : BigInt(parseCount(tokens, '--tokens', MAX_COUNT)),
    contextTokens: context === undefined ? 0 : parseCount(context, '--context', CONTEXT),
    separateDocuments: options.separateDocuments ?? false,
  };
}

async function embeddedServices(options: RunOptions, env: Invocation['env']): Promise<EmbeddedServices> {
  const modelDirectory = await locateModel(options.model, cacheDirectoryOf(env));
  return {
    kind: 'embedded',
    dataDirectory: resolve(options.dataDir),
    modelDirectory,
    modelId: modelIdOf(modelDirectory),
  };
}
