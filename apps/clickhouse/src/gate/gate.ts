import { raise } from '../exceptions.ts';
import type { Catalogue } from './catalogue.ts';
import { type DatabaseRequest, requireDatabasesKept } from './check-databases.ts';
import { requireAllowedKind } from './check-kind.ts';
import { requireAllowedNames } from './check-names.ts';
import { requireAllowedSettings, settingsOf } from './check-settings.ts';
import { sqlOf, type Token, tokens } from './tokens.ts';

/** What comes with a statement. */
export interface GateRequest extends DatabaseRequest {
  settings: ReadonlyMap<string, string>;
  /** Whether the statement may only read. */
  readonly: boolean;
}

/** Lets statements through that stay inside of the engine. */
export interface Gate {
  /**
   * Requires that a statement neither reads nor writes a file, reaches no address, runs no program and lifts no limit;
   * returns it as the engine is to read it. Throws SYNTAX_ERROR, READONLY or ACCESS_DENIED naming what is refused.
   */
  check(sql: string, request: GateRequest): string;
}

/**
 * Creates the gate: the engine is no sandbox, so every request passes here. Statements, functions, engines and settings
 * are allowed by name, of those that the engine itself says it has; what runs is the text that was looked at, written anew.
 */
export function createGate(catalogue: Catalogue): Gate {
  return {
    check(sql, { params, settings, readonly, database }) {
      requireAllowedSettings(settings.keys(), catalogue);
      const list = [...tokens(sql)];
      if (list.length === 0)
        throw raise(62, 'Syntax error: failed at position 1 (end of query): Empty query.');
      requireAllowedKind(list, readonly);
      requireDatabasesKept(list, { database, params });
      requireAllowedNames(list, catalogue);
      requireAllowedSettings(settingsOf(list, catalogue), catalogue);
      requirePlainIdentifiers(list, params, catalogue);
      return sqlOf(list);
    },
  };
}

/** The value of `{name:Identifier}` stands in the statement as if it were written there; a view would take any, later. */
function requirePlainIdentifiers(
  list: readonly Token[],
  params: ReadonlyMap<string, string>,
  { refusedFunctions }: Catalogue,
): void {
  const storedFrom = STORING.has(list[0]!.upper) ? list.findIndex(isQueryWord) : -1;
  for (const [at, { text }] of list.entries()) {
    const [name, colon, type] = list.slice(at + 1, at + 4);
    if (text !== '{' || colon?.text !== ':' || type?.upper !== 'IDENTIFIER') continue;
    if (storedFrom >= 0 && at > storedFrom)
      throw raise(497, `The parameter ${name?.text} of a query that is kept cannot be an identifier.`);
    const value = params.get(name?.text ?? '');
    if (value === undefined) throw raise(456, `Substitution \`${name?.text}\` is not set.`);
    if (value.includes('\\') || refusedFunctions.has(value.toLowerCase()))
      throw raise(497, `The identifier ${JSON.stringify(value)} of parameter ${name?.text} is not allowed.`);
  }
}

/** First words of statements that may keep a query, and the words with which it begins there. */
const STORING = new Set(['CREATE', 'REPLACE', 'ALTER']);
const QUERY_WORDS = new Set(['SELECT', 'WITH', 'FROM']);

function isQueryWord({ kind, upper }: Token): boolean {
  return kind === 'word' && QUERY_WORDS.has(upper);
}
