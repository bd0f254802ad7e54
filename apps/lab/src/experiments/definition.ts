import type { Action } from '@facet/console';
import type { Command } from 'commander';

/** One experiment of the papers: a command of its own. */
export interface Experiment {
  readonly name: string;
  readonly summary: string;
  /** Adds the options that only this experiment has. */
  addOptions?(command: Command): void;
  /** Loads its code: SAEs and figures would make every other command start half a second later. */
  load(): Promise<Action<never>>;
}

/** Options of every experiment. */
export interface ExperimentOptions {
  seed: string;
  dataDir: string;
  /** Directory of the report. */
  out: string;
}
