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
  for (const token of tokens(sql)) {
    list.push(token);
    if (list[0]!.upper === 'INSERT') {
      const insert = insertOf(sql, list);
      if (insert !== undefined) return insert;
    }
  }
  const format = trailingFormat(list);
  return READS.has(list[0]?.upper ?? '') ? { kind: 'read', format } : { kind: 'other', format };
}

/** Recognises the clause that ends the head of an INSERT, when the newest token completes it. */
function insertOf(sql: string, list: readonly Token[]): InsertStatement | undefined {
  const last = list.at(-1)!;
  const previous = list.at(-2);
  if (last.depth > 0 || list.length < 3) return undefined;
  if (list.some(({ upper, depth }) => depth === 0 && (upper === 'SELECT' || upper === 'INFILE')))
    return undefined;
  const sourceAt = list.find(({ upper, depth }) => depth === 0 && upper === 'SETTINGS')?.at;
  if (last.upper === 'VALUES') {
    return {
      kind: 'insert',
      format: 'Values',
      sourceAt: sourceAt ?? last.at,
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
      sourceAt: sourceAt ?? previous.at,
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
