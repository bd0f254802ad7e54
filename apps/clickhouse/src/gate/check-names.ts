import { raise } from '../exceptions.ts';
import type { Catalogue } from './catalogue.ts';
import { type Token, textOfString, tokens } from './tokens.ts';

/**
 * Refuses every function, table function and engine that is not allowed, wherever its name stands: called, as the argument
 * of another function (`arrayMap(file, …)`), behind APPLY or ENGINE, and in texts that a table function reads as SQL.
 */
export function requireAllowedNames(list: readonly Token[], catalogue: Catalogue): void {
  for (const [at, token] of list.entries()) {
    requireAllowedName(token, { before: list[at - 1], behind: list[at + 1] }, catalogue);
    if (isEngineOf(list, at)) requireAllowedEngine(list[at]!.name!, catalogue);
    if (isStructured(list, at, catalogue)) requireStructure(list, at + 1, catalogue);
  }
}

interface Neighbours {
  before: Token | undefined;
  behind: Token | undefined;
}

function requireAllowedName(token: Token, { before, behind }: Neighbours, catalogue: Catalogue): void {
  const isCalled = behind?.text === '(';
  if (token.kind === 'number' && isCalled) throw refusal('function', token.text);
  const name = token.name?.toLowerCase();
  if (name === undefined) return;
  const isColumn = before?.text === '.' && !isCalled;
  if (!isColumn && catalogue.refusedFunctions.has(name)) throw refusal('function', token.name!);
  if (isCalled && catalogue.refusedTableFunctions.has(name)) throw refusal('table function', token.name!);
}

/** First words of statements that can name an engine. */
const NAME_ENGINES = new Set(['CREATE', 'REPLACE', 'ALTER']);

/** Whether a name stands where a table's or a database's engine does: `ENGINE = Name`, also without `=`. */
function isEngineOf(list: readonly Token[], at: number): boolean {
  if (list[at]!.name === undefined || !NAME_ENGINES.has(list[0]!.upper)) return false;
  const before = list[at - 1]?.text === '=' ? list[at - 2] : list[at - 1];
  return before?.kind === 'word' && before.upper === 'ENGINE';
}

function requireAllowedEngine(name: string, { refusedEngines }: Catalogue): void {
  if (refusedEngines.has(name.toLowerCase())) throw refusal('engine', name);
}

/** Whether a table function that takes a structure is called, and not what has the same name. */
function isStructured(list: readonly Token[], at: number, { structured }: Catalogue): boolean {
  const name = list[at]!.name?.toLowerCase() ?? '';
  if (list[at + 1]?.text !== '(' || !structured.has(name)) return false;
  if (name === 'format') return !isPattern(list[at + 2]);
  return !(name === 'values' && isClauseOfInsert(list, at));
}

/** The pattern of the function `format('{} of {}', …)`: no name of a format has a brace. */
function isPattern(token: Token | undefined): boolean {
  return token?.kind === 'string' && token.text.includes('{');
}

/** Whether VALUES begins the rows of an INSERT: expressions like any others. */
function isClauseOfInsert(list: readonly Token[], at: number): boolean {
  if (list[0]!.upper !== 'INSERT' || list[at]!.kind !== 'word' || list[at]!.depth > 0) return false;
  return !list.slice(0, at).some(({ depth, upper }) => depth === 0 && OTHER_SOURCES.has(upper));
}

const OTHER_SOURCES = new Set(['SELECT', 'WITH', 'FROM', 'FUNCTION']);

/**
 * The arguments of a table function that takes a structure (`values('a Int8', …)`) are literals only, and what its texts
 * name is allowed: they are SQL, with defaults that are computed. A name would stand for a text that nobody has looked at
 * (`WITH '…' AS s`), but for that of a format.
 */
function requireStructure(list: readonly Token[], openAt: number, catalogue: Catalogue): void {
  const { depth } = list[openAt]!;
  const called = list[openAt - 1]!;
  for (let at = openAt + 1; at < list.length && list[at]!.depth > depth; at += 1) {
    const token = list[at]!;
    const isFormat = at === openAt + 1 && called.name?.toLowerCase() === 'format';
    if (token.kind === 'string') requireAllowedText(token.text, catalogue);
    else if (!isPartOfLiteral(token) && !(isFormat && token.kind === 'word')) throw notLiteral(called);
    if (list[at + 1]?.text === '(' && token.name !== undefined) throw notLiteral(called);
  }
}

const LITERAL_WORDS = new Set(['NULL', 'TRUE', 'FALSE', 'NAN', 'INF']);

function isPartOfLiteral({ kind, text, upper }: Token): boolean {
  if (kind === 'symbol') return '(),[]-'.includes(text);
  return kind === 'number' || (kind === 'word' && LITERAL_WORDS.has(upper));
}

function requireAllowedText(text: string, catalogue: Catalogue): void {
  if (text.includes('\\') && !text.startsWith('$'))
    throw raise(497, 'A text that is read as SQL or data has a backslash; write it as $$…$$.');
  const inner = textOfString(text);
  if (inner.includes('(')) requireAllowedNames(tokensOf(inner), catalogue);
}

function tokensOf(text: string): Token[] {
  try {
    return [...tokens(text)];
  } catch (cause) {
    throw raise(497, `The text ${JSON.stringify(text.slice(0, 100))} is read as SQL and is none.`, { cause });
  }
}

function notLiteral({ text }: Token): Error {
  return raise(497, `The arguments of ${text}() must be literals here.`);
}

function refusal(what: string, name: string): Error {
  return raise(
    497,
    `The ${what} ${name} is not allowed: this engine reads and writes no files and no addresses. ` +
      `Where ${name} is a column, write its table before it.`,
  );
}
