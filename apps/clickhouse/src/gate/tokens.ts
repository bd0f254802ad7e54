import { raise } from '../exceptions.ts';
import { MAX_TOKENS } from '../limits.ts';

export type TokenKind = 'word' | 'identifier' | 'string' | 'number' | 'symbol';

/** One token of SQL; comments and white space are skipped. */
export interface Token {
  text: string;
  upper: string;
  kind: TokenKind;
  /** What it names: of words and quoted identifiers, quotes taken off. */
  name: string | undefined;
  /** Offset of its first character. */
  at: number;
  /** Offset behind its last character. */
  end: number;
  /** Number of brackets that are open around it. */
  depth: number;
  /** Whether white space or a comment stands before it. */
  spaced: boolean;
}

const WORD = /[A-Za-z_][A-Za-z0-9_$]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const HEREDOC = /\$[A-Za-z0-9_]*\$/y;
const SYMBOL = /[()[\]{},;.+*/%=<>!|?:^&~@-]/y;
const BLANK = /[\s\0]+/y;
const LINE_COMMENT = /(?:--|\/\/|#[ !])[^\n]*/y;
const COMMENT_MARK = /\/\*|\*\//g;

/**
 * Splits ClickHouse SQL into tokens, lazily: the data behind an INSERT is never looked at when the reader stops. Comments
 * may be nested. Throws SYNTAX_ERROR where one does not end, and for characters that are no SQL outside of quotes;
 * QUERY_IS_TOO_LARGE behind the last token that is looked at.
 */
export function* tokens(sql: string): Generator<Token> {
  let at = 0;
  let depth = 0;
  for (let count = 1; ; count += 1) {
    const start = skipBlanks(sql, at);
    if (start >= sql.length) return;
    if (count > MAX_TOKENS) throw tooManyTokens();
    const { kind, end } = tokenAt(sql, start);
    const text = sql.slice(start, end);
    if (kind === 'symbol' && ')]}'.includes(text)) depth -= 1;
    const name = nameOf(text, kind);
    yield { text, upper: text.toUpperCase(), kind, name, at: start, end, depth, spaced: start > at };
    if (kind === 'symbol' && '([{'.includes(text)) depth += 1;
    at = end;
  }
}

/**
 * Writes tokens as SQL again, without comments and in one way of quoting: whoever reads the text finds the tokens that
 * were looked at, however their own rules for odd places differ.
 */
export function sqlOf(list: readonly Token[]): string {
  return list.map((token) => `${token.spaced ? ' ' : ''}${textOf(token)}`).join('');
}

function textOf({ kind, name, text }: Token): string {
  if (kind === 'identifier') return ` ${quoteIdentifier(name!)} `;
  return text.startsWith('$') ? ` ${quote(textOfString(text))} ` : text;
}

/** Writes a ClickHouse string literal. */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Writes a quoted ClickHouse identifier. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** The content of a string token that holds no backslash. */
export function textOfString(text: string): string {
  if (!text.startsWith('$')) return text.slice(1, -1).replaceAll("''", "'");
  const mark = text.indexOf('$', 1) + 1;
  return text.slice(mark, -mark);
}

function nameOf(text: string, kind: TokenKind): string | undefined {
  if (kind === 'word') return text;
  if (kind !== 'identifier') return undefined;
  if (text.includes('\\')) throw syntaxError(`the name ${text} has a backslash; write it without`);
  return text.slice(1, -1).replaceAll(text[0]! + text[0]!, text[0]!);
}

function tokenAt(sql: string, at: number): { kind: TokenKind; end: number } {
  const first = sql[at]!;
  if (first === "'") return { kind: 'string', end: endOfQuoted(sql, at) };
  if (first === '"' || first === '`') return { kind: 'identifier', end: endOfQuoted(sql, at) };
  if (first === '$') return { kind: 'string', end: endOfHeredoc(sql, at) };
  const kinds = [
    ['word', WORD],
    ['number', NUMBER],
    ['symbol', SYMBOL],
  ] as const;
  for (const [kind, pattern] of kinds) {
    const length = lengthOf(pattern, sql, at);
    if (length > 0) return { kind, end: at + length };
  }
  const character = String.fromCodePoint(sql.codePointAt(at)!);
  throw syntaxError(`unrecognized character ${JSON.stringify(character)} at position ${at + 1}; quote it`);
}

function endOfQuoted(sql: string, at: number): number {
  const mark = sql[at]!;
  const next = new RegExp(`[${mark}\\\\]`, 'g');
  next.lastIndex = at + 1;
  for (let found = next.exec(sql); found !== null; found = next.exec(sql)) {
    const behind = found.index + 1;
    if (found[0] === mark && sql[behind] !== mark) return behind;
    next.lastIndex = behind + 1;
  }
  throw syntaxError(`the quote at position ${at + 1} does not end`);
}

function endOfHeredoc(sql: string, at: number): number {
  const length = lengthOf(HEREDOC, sql, at);
  const end = length === 0 ? -1 : sql.indexOf(sql.slice(at, at + length), at + length);
  if (end < 0) throw syntaxError(`the $ at position ${at + 1} begins no text that ends`);
  return end + length;
}

function skipBlanks(sql: string, from: number): number {
  for (let at = from; ; ) {
    const blank = lengthOf(BLANK, sql, at) || lengthOf(LINE_COMMENT, sql, at);
    const end = blank > 0 ? at + blank : sql.startsWith('/*', at) ? endOfComment(sql, at) : at;
    if (end === at) return at;
    at = end;
  }
}

function endOfComment(sql: string, at: number): number {
  COMMENT_MARK.lastIndex = at;
  let open = 0;
  for (let mark = COMMENT_MARK.exec(sql); mark !== null; mark = COMMENT_MARK.exec(sql)) {
    open += mark[0] === '/*' ? 1 : -1;
    if (open === 0) return mark.index + 2;
  }
  throw syntaxError(`the comment at position ${at + 1} does not end`);
}

function lengthOf(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0].length ?? 0;
}

function tooManyTokens(): Error {
  const remedy = 'send rows as the body of INSERT … FORMAT, and long lists of values as a table';
  return raise(162, `The query has more than ${MAX_TOKENS} words, numbers and signs; ${remedy}.`);
}

function syntaxError(problem: string): Error {
  return raise(62, `Syntax error: ${problem}.`);
}
