import { quote, type Token, tokens } from './tokens.ts';

/** What the gate must know of one SQL statement; the engine does the real parsing. */
export type Statement = ReadStatement | InsertStatement | OtherStatement;

/** A statement that returns rows and can be streamed: SELECT and its relatives. */
export interface ReadStatement {
  kind: 'read';
  /** Name of a trailing `FORMAT` clause. */
  format: string | undefined;
}

/** An INSERT that takes its rows from the text behind it or from the request body. */
export interface InsertStatement {
  kind: 'insert';
  format: string;
  /** Where `FROM INFILE '…'` can be put in. */
  sourceAt: number;
  /** Where the clause `FORMAT X` or `VALUES` begins. */
  formatAt: number;
  /** Where the rows begin that follow in the text itself; the text's length when none do. */
  dataAt: number;
}

/** Anything else: DDL, INSERT … SELECT, SHOW, SET, KILL. */
export interface OtherStatement {
  kind: 'other';
  format: string | undefined;
}

const READS = new Set(['SELECT', 'WITH', 'FROM', '(']);

/** Classifies one SQL statement. */
export function parseStatement(sql: string): Statement {
  const list: Token[] = [];
  const head: InsertHead = { takesRows: true, settingsAt: undefined };
  for (const token of tokens(sql)) {
    list.push(token);
    if (list[0]!.upper !== 'INSERT') continue;
    note(head, token);
    const insert = head.takesRows ? insertOf(sql, list, head) : undefined;
    if (insert !== undefined) return insert;
  }
  const format = trailingFormat(list);
  return READS.has(list[0]?.upper ?? '') ? { kind: 'read', format } : { kind: 'other', format };
}

/** What is known of the head of an INSERT so far. */
interface InsertHead {
  /** Neither a query nor a file gives its rows. */
  takesRows: boolean;
  settingsAt: number | undefined;
}

function note(head: InsertHead, { upper, depth, at }: Token): void {
  if (depth > 0) return;
  if (upper === 'SELECT' || upper === 'INFILE') head.takesRows = false;
  if (upper === 'SETTINGS') head.settingsAt ??= at;
}

/** Recognises the clause that ends the head of an INSERT, when the newest token completes it. */
function insertOf(sql: string, list: readonly Token[], head: InsertHead): InsertStatement | undefined {
  const last = list.at(-1)!;
  const previous = list.at(-2);
  if (last.depth > 0 || list.length < 3) return undefined;
  if (last.upper === 'VALUES') {
    return {
      kind: 'insert',
      format: 'Values',
      sourceAt: head.settingsAt ?? last.at,
      formatAt: last.at,
      dataAt: last.end,
    };
  }
  if (previous?.upper === 'FORMAT' && previous.depth === 0 && last.kind === 'word') {
    const dataAt =
      last.end + /^[ \t\f]*(?:\r?\n|;[ \t]*\r?\n?)?/.exec(sql.slice(last.end, last.end + 256))![0].length;
    return {
      kind: 'insert',
      format: last.text,
      sourceAt: head.settingsAt ?? previous.at,
      formatAt: previous.at,
      dataAt,
    };
  }
  return undefined;
}

function trailingFormat(list: readonly Token[]): string | undefined {
  const top = list.filter(({ depth, text }) => depth === 0 && text !== ';');
  const at = top.findLastIndex(({ upper }) => upper === 'FORMAT');
  const name = top[at + 1];
  const after = top[at + 2]?.upper;
  if (at < 1 || name?.kind !== 'word') return undefined;
  return after === undefined || after === 'SETTINGS' ? name.text : undefined;
}

/** Rewrites an INSERT so that it takes its rows from a file. */
export function insertFromFile(sql: string, insert: InsertStatement, path: string): string {
  const settings = sql.slice(insert.sourceAt, insert.formatAt);
  return `${sql.slice(0, insert.sourceAt)} FROM INFILE ${quote(path)} ${settings} FORMAT ${insert.format}`;
}
