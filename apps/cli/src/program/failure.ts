import { isFacetError } from '@facet/errors';
import { exitCodeOf } from '@facet/mesh';

/** An error as a program reads it, under `error` in the JSON line. */
export interface FailureRecord {
  kind: string;
  reason: string;
  message: string;
  exitCode: number;
}

/** Describes an error for programs. */
export function failureRecord(error: unknown): FailureRecord {
  const exitCode = exitCodeOf(error);
  if (isFacetError(error))
    return { kind: error.kind, reason: error.reason, message: error.message, exitCode };
  return { kind: 'internal', reason: 'INTERNAL', message: messageOf(error), exitCode };
}

/** Describes an error for a person: one line, and with `verbose` the stack and its causes. */
export function describeFailure(error: unknown, verbose: boolean): string {
  const line = isFacetError(error)
    ? error.message
    : `${messageOf(error)} (a defect of Facet: run again with --verbose for the details)`;
  return verbose ? [line, ...stacks(error)].join('\n') : line;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === '' ? 'failed without a message' : text;
}

/** Deepest chain of causes that is shown. */
const MAX_CAUSES = 5;

function stacks(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error; at instanceof Error && found.length < MAX_CAUSES; at = at.cause) {
    found.push(`${found.length === 0 ? '' : 'caused by: '}${at.stack ?? at.message}`);
  }
  return found;
}
