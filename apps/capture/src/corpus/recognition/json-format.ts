import { JSONParser } from '@streamparser/json';
import { ambiguous } from '../bytes/corpus-file.ts';
import type { Head } from './table-shape.ts';

interface Named {
  /** Whether the name says that it is JSON. */
  isNamedJson: boolean;
  shown: string;
}

/** The first value of a text that may be JSON. */
interface Beginning extends Named {
  /** The text, without white space before it. */
  start: string;
  /** What its first line says in JSON; undefined where it is none. */
  value: unknown;
  /** Whether the first line is whole. */
  isWholeLine: boolean;
  /** What follows the first line. */
  rest: string;
}

/** Tells JSON lines from an array by what a text begins with; undefined for text that is not JSON. */
export function jsonFormat({ text, complete }: Head, named: Named): 'JSONL' | 'JSON' | undefined {
  const start = text.trimStart();
  const lineEnd = start.indexOf('\n');
  const beginning = {
    ...named,
    start,
    value: parsed(lineEnd < 0 ? start : start.slice(0, lineEnd)),
    isWholeLine: lineEnd >= 0 || complete,
    rest: lineEnd < 0 ? '' : start.slice(lineEnd).trim(),
  };
  if (start.startsWith('{')) return objectFormat(beginning);
  if (start.startsWith('"')) return textFormat(beginning);
  return start.startsWith('[') ? arrayFormat(beginning) : undefined;
}

function objectFormat({ start, value, isWholeLine, isNamedJson, shown }: Beginning): 'JSONL' | undefined {
  if (value !== undefined) return 'JSONL';
  if (isJsonPrefix(start)) {
    if (!isWholeLine) return 'JSONL';
    const remedy = 'write one object on every line or an array of them, or say --format text';
    throw ambiguous(shown, 'begins with a JSON object of several lines', remedy);
  }
  if (!isNamedJson && !/^\{\s*("|\})/.test(start)) return undefined;
  throw ambiguous(shown, 'begins like JSON, but its first line is none', 'correct it, or say --format text');
}

/** A line in quotation marks may be speech. */
function textFormat({ value, rest, isNamedJson, shown }: Beginning): 'JSONL' | undefined {
  if (typeof value !== 'string') return undefined;
  if (isNamedJson) return 'JSONL';
  if (parsed(rest.split('\n', 1)[0]!) === undefined) return undefined;
  const remedy = 'say whether that is JSON (--format jsonl) or plain text (--format text)';
  throw ambiguous(shown, 'has a text in quotation marks on every line', remedy);
}

function arrayFormat({ start, value, rest, isNamedJson, shown }: Beginning): 'JSON' | undefined {
  if (!isJsonPrefix(start)) return undefined;
  if (Array.isArray(value) && rest !== '') {
    const remedy = 'write one object on every line, or say --format text';
    throw ambiguous(shown, 'has a JSON array on its first line and more behind it', remedy);
  }
  if (/^\[\s*(\{|"|\])/.test(start)) return 'JSON';
  // Numbers in brackets begin prose too.
  if (!isNamedJson && !/^\[\s*\[/.test(start)) return undefined;
  const remedy = 'write objects with a text field, or say --format text';
  throw ambiguous(shown, 'is a JSON array of neither objects nor texts', remedy);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON as far as it goes: values, one after another. */
function isJsonPrefix(text: string): boolean {
  const parser = new JSONParser({ separator: '', paths: ['$'] });
  parser.onValue = () => undefined;
  try {
    parser.write(text);
    return true;
  } catch {
    return false;
  }
}
