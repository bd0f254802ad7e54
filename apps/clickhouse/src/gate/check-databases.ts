import { raise } from '../exceptions.ts';
import { READS } from './check-kind.ts';
import type { Token } from './tokens.ts';

/** Databases that the engine makes itself; what is dropped of them is gone for everybody until it starts anew. */
const OF_THE_ENGINE = new Set(['system', 'information_schema', 'INFORMATION_SCHEMA']);
/** Every session begins in this one: without it none can be opened. */
const FIRST_DATABASE = 'default';

export interface DatabaseRequest {
  /** The database that the request names for its statement. */
  database: string | undefined;
  params: ReadonlyMap<string, string>;
}

/** Requires that a statement takes nothing of the engine's own databases away, nor the one in which sessions begin. */
export function requireDatabasesKept(
  list: readonly Token[],
  { database = '', params }: DatabaseRequest,
): void {
  const first = list[0]!.upper;
  if (READS.has(first)) return;
  if (OF_THE_ENGINE.has(database)) throw kept(database, 'name its tables with it, from another database');
  if (first === 'USE' || first === 'DROP' || first === 'TRUNCATE') {
    const found = namesOf(list, params).find((name) => OF_THE_ENGINE.has(name));
    if (found !== undefined) throw kept(found, 'it can be read, from another database');
  }
  const drops = first === 'DROP' && list[1]?.upper === 'DATABASE';
  if (drops && namesOf(list, params).includes(FIRST_DATABASE))
    throw kept(FIRST_DATABASE, 'every session begins there; drop its tables one by one');
}

/** The names in a statement, also those that come as parameters. */
function namesOf(list: readonly Token[], params: ReadonlyMap<string, string>): string[] {
  return list.flatMap(({ name = '', text }, at) =>
    list[at - 1]?.text === '{' ? [params.get(text) ?? ''] : [name],
  );
}

function kept(database: string, why: string): Error {
  return raise(497, `The database ${database} stays as it is: ${why}.`);
}
