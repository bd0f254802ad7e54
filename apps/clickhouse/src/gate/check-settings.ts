import { raise } from '../exceptions.ts';
import type { Token } from '../tokens.ts';
import type { Catalogue } from './catalogue.ts';

/** Throws READONLY for a setting that a caller may not change, and UNKNOWN_SETTING for one that is not there. */
export function requireAllowedSettings(names: Iterable<string>, { allowedSettings }: Catalogue): void {
  for (const name of names) {
    if (allowedSettings.has(name)) continue;
    throw raise(
      164,
      `The setting ${name} cannot be changed here: it is unknown, or it leads out of the engine, or it lifts a limit.`,
    );
  }
}

/** Names of all settings that a statement sets: of SET, of SETTINGS clauses at any depth, of MODIFY SETTING. */
export function* settingsOf(list: readonly Token[]): Generator<string> {
  for (const [at, { kind, upper }] of list.entries()) {
    const opens =
      kind === 'word' && (upper === 'SETTINGS' || upper === 'SETTING' || (at === 0 && upper === 'SET'));
    if (opens) yield* assignmentsFrom(list, at + 1);
  }
}

/** Names left of `=` in a list `a = 1, b.c = 'x', …`; where it is none, the words before were no clause. */
function* assignmentsFrom(list: readonly Token[], from: number): Generator<string> {
  for (let at = from; ; ) {
    const assignment = assignmentAt(list, at);
    if (assignment === undefined) return;
    yield assignment.name;
    const comma = endOfValue(list, assignment.valueAt);
    if (list[comma]?.text !== ',') return;
    at = comma + 1;
  }
}

function assignmentAt(list: readonly Token[], from: number): { name: string; valueAt: number } | undefined {
  const parts: string[] = [];
  for (let at = from; list[at]?.name !== undefined; at += 2) {
    parts.push(list[at]!.name!);
    const next = list[at + 1]?.text;
    if (next === '=') return { name: parts.join('.'), valueAt: at + 2 };
    if (next !== '.') return undefined;
  }
  return undefined;
}

/** Where a value ends: behind one token, a signed number, or brackets with all that is in them. */
function endOfValue(list: readonly Token[], from: number): number {
  let open = 0;
  let at = from;
  for (; at < list.length; at += 1) {
    const { kind, text } = list[at]!;
    if (open === 0 && at > from && (kind === 'word' || kind === 'identifier' || ',);'.includes(text)))
      return at;
    if (kind === 'symbol' && '([{'.includes(text)) open += 1;
    if (kind === 'symbol' && ')]}'.includes(text)) open -= 1;
  }
  return at;
}
