import { quote } from '@facet/errors';
import { corpusError } from './bytes/corpus-file.ts';
import { countLines, LONE_SURROGATE } from './bytes/corpus-text.ts';

/** A part of a document, tokenized by itself; most documents are one section. */
export interface Section {
  text: string;
  /** Whether a new document begins here. */
  begins: boolean;
  /** Where it begins, from 1: the line of the corpus, the element of an array or the row of a table. */
  at: number;
}

/** Finds documents in text that comes in pieces. */
export interface DocumentSplitter {
  /** Takes the next piece and returns the sections that it completes. */
  push(text: string): Section[];
  /** Returns what is left at the end of the corpus. */
  end(): Section[] | Promise<Section[]>;
}

/** Longer documents are cut into sections, so that no tokenizer call blocks for long. */
const SECTION_CHARS = 65_536;
/** Longest line, record or element of a corpus. */
export const MAX_RECORD_CHARS = 16 * 1024 * 1024;

/**
 * Divides plain text at `separator`; white space around documents is removed, empty documents do not count. A line break in
 * the separator stands for those of the corpus, LF, CRLF or CR.
 */
export function createTextSplitter(separator: string): DocumentSplitter {
  const pattern = separatorPattern(separator, OPEN_LINE_BREAK);
  const separatorLines = countLines(separator.replace(LINE_BREAKS, '\n'));
  let pending = '';
  let open = false;
  let line = 1;

  const take = (text: string, ends: boolean): Section[] => {
    const trimmed = open ? text : text.trimStart();
    let at = line + countLines(text.slice(0, text.length - trimmed.length));
    line += countLines(text);
    const sections = cut(ends ? trimmed.trimEnd() : trimmed).map((part, i) => {
      const section = { text: part, begins: !open && i === 0, at };
      at += countLines(part);
      return section;
    });
    open = !ends && (open || sections.length > 0);
    return sections;
  };
  const divide = (at: string | RegExp): Section[] => {
    const parts = pending.split(at);
    pending = parts.pop()!;
    return parts.flatMap((part) => {
      const found = take(part, true);
      line += separatorLines;
      return found;
    });
  };
  return {
    push(text) {
      pending += text;
      const sections = divide(pattern);
      // The rest stays: it may hold the start of a separator, and white space that ends the document.
      while (pending.length >= 2 * SECTION_CHARS) {
        const at = cutPoint(pending, SECTION_CHARS);
        sections.push(...take(pending.slice(0, at), false));
        pending = pending.slice(at);
      }
      return sections;
    },
    end: () => [...divide(separatorPattern(separator, LINE_BREAK)), ...take(pending, true)],
  };
}

/** Every way to write a line break. */
const LINE_BREAKS = /\r\n|\n|\r/g;
/** One of them. */
const LINE_BREAK = '(?:\\r\\n|\\n|\\r(?!\\n))';
/** One of them in a text that goes on: CR at its end waits for the LF that may follow. */
const OPEN_LINE_BREAK = '(?:\\r\\n|\\n|\\r(?!\\n|$))';

function separatorPattern(separator: string, lineBreak: string): string | RegExp {
  if (!/[\r\n]/.test(separator)) return separator;
  const escaped = separator.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(escaped.replace(LINE_BREAKS, lineBreak));
}

/** Reads one JSON object (or text) from every line; `invalid` names the line that is none or lacks the field. */
export function createJsonLinesSplitter(textField: string, shown: string): DocumentSplitter {
  let pending = '';
  let line = 0;

  const take = (json: string): Section[] => {
    line++;
    if (json.trim() === '') return [];
    const where = `line ${line} of the corpus ${shown}`;
    return sectionsOf(textOf(parseLine(json, where), textField, where), line);
  };
  return {
    push(text) {
      const lines = (pending + text).split('\n');
      pending = lines.pop()!;
      if (pending.length > MAX_RECORD_CHARS)
        throw corpusError(
          `line ${line + 1} of the corpus ${shown} has more than ${MAX_RECORD_CHARS} characters`,
          'CORPUS_LINE_TOO_LONG',
        );
      return lines.flatMap(take);
    },
    end: () => take(pending),
  };
}

function parseLine(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    const remedy = 'correct it, or say --format text if it is plain text';
    throw corpusError(`${where} is not JSON; ${remedy}`, 'CORPUS_LINE_INVALID');
  }
}

/** Characters quoted before half a character. */
const QUOTED_BEFORE = 40;
/** Fields named in an error. */
const MAX_NAMED_FIELDS = 12;

/** The text of a record: itself, or that of its field; `invalid` names the fields that there are. */
export function textOf(value: unknown, field: string, where: string): string {
  if (typeof value === 'string') return requireWhole(value, where);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const record = isObject ? (value as Record<string, unknown>) : {};
  const text = Object.hasOwn(record, field) ? record[field] : undefined;
  if (typeof text === 'string') return requireWhole(text, where);
  const names = Object.keys(record).filter((name) => typeof record[name] === 'string');
  const remedy =
    names.length === 0
      ? 'it has no field with a text'
      : `name one of its fields with text_field (--text-field): ${names.slice(0, MAX_NAMED_FIELDS).map(quote).join(', ')}`;
  throw corpusError(`${where} has no text in the field ${quote(field)}; ${remedy}`, 'CORPUS_LINE_INVALID');
}

/** JSON can spell halves of characters, which no tokenizer is given as they are. */
function requireWhole(text: string, where: string): string {
  const at = LONE_SURROGATE.exec(text)?.index;
  if (at === undefined) return text;
  const half = text.charCodeAt(at).toString(16);
  throw corpusError(
    `${where} has half a character, \\u${half}, behind ${quote(text.slice(Math.max(0, at - QUOTED_BEFORE), at))}; ` +
      'write both halves of the pair, or U+FFFD',
    'CORPUS_LINE_INVALID',
  );
}

/** One document that begins at `at`; nothing for an empty text. */
export function sectionsOf(text: string, at: number): Section[] {
  return cut(text).map((part, i) => ({ text: part, begins: i === 0, at }));
}

/** Cuts a text into sections of at most about `SECTION_CHARS`; nothing for an empty one. */
function cut(text: string): string[] {
  const sections: string[] = [];
  let rest = text;
  while (rest.length >= 2 * SECTION_CHARS) {
    const at = cutPoint(rest, SECTION_CHARS);
    sections.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return rest === '' ? sections : [...sections, rest];
}

/**
 * Finds where to cut near `limit`: after an empty line, else a line, else before a space, never inside a
 * character.
 */
function cutPoint(text: string, limit: number): number {
  const least = limit / 2;
  const paragraph = text.lastIndexOf('\n\n', limit - 2);
  if (paragraph >= least) return paragraph + 2;
  const line = text.lastIndexOf('\n', limit - 1);
  if (line >= least) return line + 1;
  const space = text.lastIndexOf(' ', limit);
  if (space >= least) return space;
  const isInsideCharacter = (text.charCodeAt(limit) & 0xfc00) === 0xdc00;
  return isInsideCharacter ? limit - 1 : limit;
}
