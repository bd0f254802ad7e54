import {
  type Action,
  type CommandResult,
  createPalette,
  type Invocation,
  type Run,
  wantsColor,
} from '@facet/console';
import { FacetError, isFacetError } from '@facet/errors';
import { EXIT_CODES, exitCodeOf } from '@facet/mesh';
import { type Command, CommanderError } from 'commander';
import { createProgram } from '../program.ts';
import { describeFailure, failureRecord } from './failure.ts';
import type { Interruption } from './interruption.ts';
import { jsonLine } from './json-line.ts';
import { createProgressReporter } from './progress-terminal.ts';

/** The process as the program sees it. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** An output stream; `process.stdout` is one. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Columns assumed where nobody can tell. */
const DEFAULT_COLUMNS = 100;

/** Runs one command line (without node and script) and gives the exit code; everything is printed when it resolves. */
export async function runProgram(
  args: readonly string[],
  host: Host,
  interruption: Pick<Interruption, 'signal' | 'exitCode'>,
): Promise<number> {
  const json = args.includes('--json');
  let exitCode: number = EXIT_CODES.OK;
  const run: Run =
    (action) =>
    async (...commanderArguments) => {
      exitCode = await runAction(action, commanderArguments, { host, json, signal: interruption.signal });
    };
  try {
    const program = createProgram(run);
    prepare(program, host, json);
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.OK;
    return reportFailure(error, args, host, interruption);
  }
}

/** Makes commander throw instead of exiting, and write where this program writes. */
function prepare(program: Command, host: Host, json: boolean): void {
  for (const command of withDescendants(program)) {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      getOutHelpWidth: () => host.stdout.columns ?? DEFAULT_COLUMNS,
      outputError: (text, write) => write(json ? '' : text.replace(/^error: /, 'facet: ')),
    });
  }
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

interface ActionHost {
  host: Host;
  json: boolean;
  signal: AbortSignal;
}

/** Commander calls actions with the operands, the options and the command itself. */
async function runAction<Options>(
  action: Action<Options>,
  commanderArguments: readonly unknown[],
  { host, json, signal }: ActionHost,
): Promise<number> {
  const command = commanderArguments.at(-1) as Command;
  const operands = (commanderArguments.slice(0, -2) as (string | string[])[]).flat();
  const print = (result: CommandResult) =>
    host.stdout.write(json ? jsonLine(result.json) : withLineBreak(result.text));
  const invocation = createInvocation({ host, json, signal }, print);
  try {
    const result = await action(invocation, command.optsWithGlobals() as Options, ...operands);
    invocation.progress.close();
    if (result !== undefined) print(result);
    return result?.exitCode ?? EXIT_CODES.OK;
  } finally {
    invocation.progress.close();
  }
}

function createInvocation(
  { host, json, signal }: ActionHost,
  print: (result: CommandResult) => void,
): Invocation {
  const { env, stdout, stderr } = host;
  const sink = {
    write: (text: string) => stderr.write(text),
    isTerminal: stderr.isTTY === true && env.TERM !== 'dumb',
    columns: () => stderr.columns ?? DEFAULT_COLUMNS,
    palette: createPalette(wantsColor(env, stderr.isTTY === true)),
    now: () => performance.now(),
  };
  return {
    signal,
    env,
    json,
    print,
    progress: createProgressReporter(sink),
    palette: createPalette(wantsColor(env, stdout.isTTY === true)),
    columns: stdout.columns ?? DEFAULT_COLUMNS,
  };
}

function withLineBreak(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function reportFailure(
  error: unknown,
  args: readonly string[],
  host: Host,
  interruption: Pick<Interruption, 'signal' | 'exitCode'>,
): number {
  const isUsage = error instanceof CommanderError;
  const interrupted = interruption.signal.aborted ? interruption.exitCode() : undefined;
  const exitCode = interrupted ?? (isUsage ? EXIT_CODES.USAGE : exitCodeOf(error));
  const failure = interrupted === undefined ? error : asCancelled(error);
  if (!isUsage) host.stderr.write(`facet: ${describeFailure(failure, args.includes('--verbose'))}\n`);
  if (args.includes('--json')) {
    const record = isUsage ? usageRecord(error) : failureRecord(failure);
    host.stdout.write(jsonLine({ error: { ...record, exitCode } }));
  }
  return exitCode;
}

/** Whatever broke because of the interruption is told as one; steps that say what was interrupted are heard. */
function asCancelled(error: unknown): FacetError {
  if (isFacetError(error) && error.message.startsWith('interrupted')) return error;
  return new FacetError('cancelled', 'interrupted', { cause: error });
}

function usageRecord({ message }: CommanderError) {
  return { kind: 'invalid', reason: 'USAGE', message: message.replace(/^error: /, '') };
}
