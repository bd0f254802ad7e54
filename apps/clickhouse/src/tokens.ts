/** One token of SQL; comments and white space are skipped. */
export interface Token {
  text: string;
  upper: string;
  isWord: boolean;
  /** Offset of its first character. */
  at: number;
  /** Offset behind its last character. */
  end: number;
  /** Number of brackets that are open around it. */
  depth: number;
}

const PATTERNS = {
  skip: /(?:\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y,
  word: /[A-Za-z_][A-Za-z0-9_]*/y,
  quoted: /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)/y,
  heredoc: /\$([A-Za-z0-9_]*)\$[\s\S]*?(?:\$\1\$|$)/y,
  number: /[0-9][A-Za-z0-9_.]*/y,
};

/** Splits ClickHouse SQL into tokens, lazily: the data behind an INSERT is never looked at when the reader stops. */
export function* tokens(sql: string): Generator<Token> {
  let at = 0;
  let depth = 0;
  while (at < sql.length) {
    at += lengthOf(PATTERNS.skip, sql, at);
    if (at >= sql.length) return;
    const length = tokenLength(sql, at);
    const text = sql.slice(at, at + length);
    if (')]}'.includes(text)) depth -= 1;
    yield { text, upper: text.toUpperCase(), isWord: /^[A-Za-z_]/.test(text), at, end: at + length, depth };
    if ('([{'.includes(text)) depth += 1;
    at += length;
  }
}

function tokenLength(sql: string, at: number): number {
  const { word, quoted, heredoc, number } = PATTERNS;
  for (const pattern of [word, quoted, heredoc, number]) {
    const length = lengthOf(pattern, sql, at);
    if (length > 0) return length;
  }
  return 1;
}

function lengthOf(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0].length ?? 0;
}
