import { join } from 'node:path';
import { DEFAULT_DATA_DIRECTORY, parseCount, parseDecimal } from '@facet/console';
import { LAB_TRAIN_TOKENS } from '../landmarks/lab.ts';

/** Options of `facet demo` as commander gives them. */
export interface DemoOptions {
  seed: string;
  seeds: string;
  strength: string;
  tokens: string;
  dataDir: string;
  out: string;
}

/** What the demo is going to do, checked. */
export interface DemoPlan {
  /** Seed of the corpora, the SAE, the control and the answers. */
  seed: number;
  /** Seeds of the sampled answers. */
  answerSeeds: readonly number[];
  /** Those of them with which every strength is measured. */
  doseSeeds: readonly number[];
  /** Clamp to this many times the feature's largest activation. */
  strength: number;
  /** Tokens that the SAE learns from. */
  trainTokens: number;
  /** Tokens of labelled text on which features are judged: to choose one, and to measure it. */
  labelledTokens: number;
  dataDir: string;
  /** Path of the report. */
  out: string;
}

/** Defaults of the options. */
export const DEMO_DEFAULTS: DemoOptions = {
  seed: '0',
  seeds: '50',
  strength: '10',
  tokens: String(LAB_TRAIN_TOKENS),
  dataDir: join(DEFAULT_DATA_DIRECTORY, 'demo'),
  out: join('facet-report', 'demo.html'),
};

const SEED = { min: 0, max: 1_000_000 };
const SEEDS = { min: 1, max: 10_000 };
const STRENGTH = { min: -1000, max: 1000 };
const TOKENS = { min: 20_000, max: 20_000_000 };
/** Seeds of one run of the demo are apart from those of another. */
const SEEDS_PER_RUN = 10_000;
const MAX_DOSE_SEEDS = 20;
const MAX_LABELLED_TOKENS = 200_000;

/** Checks every option of `facet demo`; throws `invalid` naming the first one that is wrong. */
export function planDemo(options: DemoOptions): DemoPlan {
  const seed = parseCount(options.seed, '--seed', SEED);
  const count = parseCount(options.seeds, '--seeds', SEEDS);
  const trainTokens = parseCount(options.tokens, '--tokens', TOKENS);
  const answerSeeds = Array.from({ length: count }, (_, i) => seed * SEEDS_PER_RUN + i);
  return {
    seed,
    answerSeeds,
    doseSeeds: answerSeeds.slice(0, MAX_DOSE_SEEDS),
    strength: parseDecimal(options.strength, '--strength', STRENGTH),
    trainTokens,
    labelledTokens: Math.min(trainTokens, MAX_LABELLED_TOKENS),
    dataDir: options.dataDir,
    out: options.out,
  };
}
