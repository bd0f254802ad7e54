import { raise } from '../exceptions.ts';
import type { Token } from './tokens.ts';

/** First words of statements that only read. */
export const READS = new Set([
  'SELECT',
  'WITH',
  'FROM',
  '(',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXISTS',
  'EXPLAIN',
  'CHECK',
]);

/** First words of statements that change something, with what they may change; empty: whatever follows. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  INSERT: [],
  CREATE: ['TABLE', 'VIEW', 'DATABASE', 'INDEX'],
  REPLACE: ['TABLE'],
  DROP: ['TABLE', 'VIEW', 'DATABASE', 'INDEX'],
  TRUNCATE: [],
  RENAME: ['TABLE'],
  EXCHANGE: ['TABLES'],
  ALTER: ['TABLE'],
  OPTIMIZE: ['TABLE'],
  DELETE: ['FROM'],
  UPDATE: [],
  SET: [],
  USE: [],
  KILL: ['QUERY', 'MUTATION'],
};

/** First words of statements that are known and refused. */
const REFUSED_VERBS = new Set(
  'ATTACH BACKUP BEGIN COMMIT COPY DETACH EXECUTE GRANT MOVE RESTORE REVOKE ROLLBACK SYSTEM UNDROP WATCH'.split(
    ' ',
  ),
);

/** Words between a verb and what it changes. */
const QUALIFIERS = new Set(['OR', 'REPLACE', 'TEMPORARY', 'MATERIALIZED', 'UNIQUE']);

/** Pairs of words that write or read a file, reach other servers, or begin another statement. */
const REFUSED_PAIRS = new Map([
  ['INTO OUTFILE', 'writing a file'],
  ['FROM INFILE', 'reading a file'],
  ['PARALLEL WITH', 'a second statement'],
]);

/** What ALTER may not do to parts of tables: copies of them, and parts of other places. */
const REFUSED_ALTERATIONS = new Set(['FREEZE', 'UNFREEZE', 'FETCH', 'ATTACH', 'EXPORT', 'MOVE']);

/** Requires one statement of a kind that is allowed, without a way to a file; with `readonly` one that only reads. */
export function requireAllowedKind(list: readonly Token[], readonly: boolean): void {
  refuseSecondStatement(list);
  const first = list[0]!.upper;
  if (!READS.has(first)) requireAllowedChange(list, first);
  for (const [at, { upper, kind }] of list.entries()) {
    const pair = kind === 'word' ? `${upper} ${list[at + 1]?.upper}` : '';
    const what = REFUSED_PAIRS.get(pair);
    if (what !== undefined) throw raise(497, `${pair} is not allowed: ${what} is not part of a query here.`);
  }
  const changes = !READS.has(first) || list.some(({ upper, kind }) => kind === 'word' && upper === 'INSERT');
  if (readonly && changes)
    throw raise(164, 'Cannot execute query in readonly mode: GET requests read only; use POST.');
}

function requireAllowedChange(list: readonly Token[], first: string): void {
  const targets = Object.hasOwn(CHANGES, first) ? CHANGES[first]! : undefined;
  const target = list.slice(1).find(({ upper }) => !QUALIFIERS.has(upper))?.upper ?? '';
  if (targets === undefined && !REFUSED_VERBS.has(first))
    throw raise(
      62,
      `Syntax error: failed at position 1 (${list[0]!.text.slice(0, 100)}): no statement begins so.`,
    );
  if (targets === undefined || (targets.length > 0 && !targets.includes(target)))
    throw raise(497, `${`${first} ${target}`.trim()} is not among the statements that are allowed here.`);
  if (first === 'SET' && list[2]?.text !== '=')
    throw raise(497, 'SET takes settings here, SET name = value; parameters come with the request.');
  if (first === 'ALTER') requireAllowedAlteration(list);
  const cluster = list.findIndex(({ upper }, at) => upper === 'ON' && list[at + 1]?.upper === 'CLUSTER');
  if (cluster >= 0 && first !== 'INSERT')
    throw raise(497, 'ON CLUSTER is not allowed: this engine is alone.');
}

function requireAllowedAlteration(list: readonly Token[]): void {
  const altered = list.find((token) => isAt(token, REFUSED_ALTERATIONS));
  if (altered) throw raise(497, `ALTER TABLE … ${altered.upper} is not allowed.`);
  if (list[behindTable(list)]?.text === '(')
    throw raise(497, 'ALTER TABLE … (…) is not allowed; write its changes without brackets.');
}

/** Where the changes of ALTER TABLE begin: behind the name of the table, which may have parts and parameters. */
function behindTable(list: readonly Token[]): number {
  let at = list.findIndex(({ upper }) => upper === 'TABLE');
  do {
    at += 1;
    while (list[at]?.text === '{' || (list[at]?.depth ?? 0) > 0) at += 1;
    at += 1;
  } while (list[at]?.text === '.');
  return at;
}

function isAt({ kind, depth, upper }: Token, words: ReadonlySet<string>): boolean {
  return kind === 'word' && depth === 0 && words.has(upper);
}

function refuseSecondStatement(list: readonly Token[]): void {
  const semicolon = list.findIndex(({ text }) => text === ';');
  const next = semicolon < 0 ? undefined : list.slice(semicolon).find(({ text }) => text !== ';');
  if (next !== undefined) {
    throw raise(62, `Syntax error (Multi-statements are not allowed): failed at position ${next.at + 1}.`);
  }
}
