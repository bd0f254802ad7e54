import { JSONParser, TokenizerError } from '@streamparser/json';
import { corpusError } from './bytes/corpus-file.ts';
import { type DocumentSplitter, MAX_RECORD_CHARS, type Section, sectionsOf, textOf } from './documents.ts';

/** Reads the elements of one JSON array: objects with a text field, or texts; `invalid` names the element at fault. */
export function createJsonArraySplitter(textField: string, shown: string): DocumentSplitter {
  let element = 0;
  let charsSinceElement = 0;
  let found: Section[] = [];
  const parser = new JSONParser({ paths: ['$.*'], keepStack: false });
  parser.onValue = ({ value }) => {
    element++;
    charsSinceElement = 0;
    const where = `element ${element} of the corpus ${shown}`;
    found.push(...sectionsOf(textOf(value, textField, where), element));
  };
  const take = (step: () => void): Section[] => {
    try {
      step();
    } catch (cause) {
      if (!isSyntaxError(cause)) throw cause;
      throw corpusError(
        `the corpus ${shown} is not JSON behind element ${element}: ${cause.message}`,
        'CORPUS_LINE_INVALID',
        cause,
      );
    }
    const sections = found;
    found = [];
    return sections;
  };
  return {
    push(text) {
      charsSinceElement += text.length;
      const sections = take(() => writeUnlessEnded(parser, text));
      if (charsSinceElement > MAX_RECORD_CHARS)
        throw corpusError(
          `element ${element + 1} of the corpus ${shown} has more than ${MAX_RECORD_CHARS} characters`,
          'CORPUS_LINE_TOO_LONG',
        );
      return sections;
    },
    end() {
      if (parser.isEnded) return [];
      throw corpusError(`the corpus ${shown} ends inside its JSON array`, 'CORPUS_LINE_INVALID');
    },
  };
}

/** Behind the array only white space may follow; the parser takes nothing more. */
function writeUnlessEnded(parser: JSONParser, text: string): void {
  if (!parser.isEnded) parser.write(text);
  else if (text.trim() !== '') throw new TokenizerError('something follows the array');
}

/** Errors of the parser, by name: it may be loaded twice. */
function isSyntaxError(error: unknown): error is Error {
  return error instanceof Error && /^Token(izer|Parser)Error$/.test(error.constructor.name);
}
