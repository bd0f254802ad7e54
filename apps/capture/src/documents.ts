import { quote } from '@facet/errors';
import { corpusError } from './corpus-file.ts';
import type { CorpusSpec } from './set-record.ts';

/** A part of a document, tokenized by itself; most documents are one section. */
export interface Section {
  text: string;
  /** Whether a new document begins here. */
  begins: boolean;
}

/** Finds documents in text that comes in pieces. */
export interface DocumentSplitter {
  /** Takes the next piece and returns the sections that it completes. */
  push(text: string): Section[];
  /** Returns what is left at the end of the corpus. */
  end(): Section[];
}

/** Longer documents are cut into sections, so that no tokenizer call blocks for long. */
const SECTION_CHARS = 65_536;
/** Longest line of a JSONL corpus. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/** Creates the splitter of a corpus; `shown` names the corpus in errors. */
export function createSplitter(corpus: CorpusSpec, shown: string): DocumentSplitter {
  return corpus.format === 'TEXT'
    ? createTextSplitter(corpus.documentSeparator)
    : createJsonLinesSplitter(corpus.textField, shown);
}

/**
 * Divides plain text at `separator`; white space around documents is removed, empty documents do not count.
 */
function createTextSplitter(separator: string): DocumentSplitter {
  let pending = '';
  let open = false;

  const take = (text: string, ends: boolean): Section[] => {
    const trimmed = open ? text : text.trimStart();
    const sections = cut(ends ? trimmed.trimEnd() : trimmed).map((part, i) => ({
      text: part,
      begins: !open && i === 0,
    }));
    open = !ends && (open || sections.length > 0);
    return sections;
  };
  return {
    push(text) {
      const parts = (pending + text).split(separator);
      pending = parts.pop()!;
      const sections = parts.flatMap((part) => take(part, true));
      // The rest stays: it may hold the start of a separator, and white space that ends the document.
      while (pending.length >= 2 * SECTION_CHARS) {
        const at = cutPoint(pending, SECTION_CHARS);
        sections.push(...take(pending.slice(0, at), false));
        pending = pending.slice(at);
      }
      return sections;
    },
    end: () => take(pending, true),
  };
}

/** Reads one JSON object from every line; `invalid` names the line that is none or lacks the field. */
function createJsonLinesSplitter(textField: string, shown: string): DocumentSplitter {
  let pending = '';
  let line = 0;

  const take = (json: string): Section[] => {
    line++;
    if (json.trim() === '') return [];
    return cut(textOf(json, textField, `line ${line} of the corpus ${shown}`)).map((text, i) => ({
      text,
      begins: i === 0,
    }));
  };
  return {
    push(text) {
      const lines = (pending + text).split('\n');
      pending = lines.pop()!;
      if (pending.length > MAX_LINE_CHARS)
        throw corpusError(
          `line ${line + 1} of the corpus ${shown} has more than ${MAX_LINE_CHARS} characters`,
          'CORPUS_LINE_TOO_LONG',
        );
      return lines.flatMap(take);
    },
    end: () => take(pending),
  };
}

function textOf(json: string, field: string, where: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw corpusError(`${where} is not JSON`, 'CORPUS_LINE_INVALID');
  }
  const text =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof text === 'string') return text;
  throw corpusError(`${where} has no text in the field ${quote(field)}`, 'CORPUS_LINE_INVALID');
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
