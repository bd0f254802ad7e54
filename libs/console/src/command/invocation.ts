import type { Palette } from '../text/palette.ts';
import type { ProgressReporter } from './progress.ts';

/** What a command works with: how it is interrupted, where it reports, how its text will be shown. */
export interface Invocation {
  /** Aborts at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: ProgressReporter;
  readonly palette: Palette;
  /** Columns of the text on standard output. */
  readonly columns: number;
  /** Whether only one JSON line is wanted on standard output. */
  readonly json: boolean;
  /** Prints a result before the command ends, for commands that go on running. */
  print(result: CommandResult): void;
}

/** What a command found: for people and for programs; only one of the two is printed. */
export interface CommandResult {
  text: string;
  /** Anything that JSON can hold, and bigints. */
  json: unknown;
  /** @default 0 */
  exitCode?: number;
}

/** Does a command's work; undefined when everything is printed already. */
export type Action<Options> = (
  invocation: Invocation,
  options: Options,
  ...operands: string[]
) => Promise<CommandResult | undefined>;

/** Runs actions that commander dispatched, printing what they give back. */
export type Run = <Options>(action: Action<Options>) => (...commanderArguments: unknown[]) => Promise<void>;
