import fc from 'fast-check';
import { createSplitter } from './documents.ts';
import type { CorpusSpec } from './set-record.ts';

const text: CorpusSpec = { uri: '/c', format: 'TEXT', documentSeparator: '<|end|>' };
const jsonl: CorpusSpec = { uri: '/c', format: 'JSONL', textField: 'text' };

/** Splits `content` given in pieces of `pieceChars`, and joins the sections of each document. */
function documents(corpus: CorpusSpec, content: string, pieceChars = content.length || 1): string[] {
  const splitter = createSplitter(corpus, '/corpus');
  const pieces = Array.from({ length: Math.ceil(content.length / pieceChars) }, (_, i) =>
    content.slice(i * pieceChars, (i + 1) * pieceChars),
  );
  const sections = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  const found: string[] = [];
  for (const section of sections) {
    if (section.begins) found.push(section.text);
    else found[found.length - 1] += section.text;
  }
  return found;
}

describe('plain text', () => {
  test('is divided at the separator, without white space around documents or empty documents', () => {
    const content = '  One day\nwent by. \n<|end|>\n\n<|end|><|end|>Two <|en d|>\n<|end|>';
    expect(documents(text, content)).toEqual(['One day\nwent by.', 'Two <|en d|>']);
    expect(documents(text, ' \n<|end|> ')).toEqual([]);
  });

  test('gives the same documents however it is cut into pieces', () => {
    const part = fc.oneof(fc.constant('<|end|>'), fc.constantFrom('<|', 'end|>', ' ', '\n', 'a', 'bc', '👋'));
    const content = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(content, fc.integer({ min: 1, max: 9 }), (whole, pieceChars) => {
        const expected = whole
          .split('<|end|>')
          .map((one) => one.trim())
          .filter((one) => one !== '');
        expect(documents(text, whole, pieceChars)).toEqual(expected);
      }),
      { seed: 22, numRuns: 500 },
    );
  });

  test('cuts long documents into sections, at empty lines where there are some, and loses no character', () => {
    const paragraph = `${'word '.repeat(200)}end.\n\n`;
    const content = paragraph.repeat(400);
    const splitter = createSplitter(text, '/corpus');
    const sections = [...splitter.push(content), ...splitter.end()];
    expect(sections.length).toBeGreaterThan(4);
    expect(sections.filter(({ begins }) => begins)).toHaveLength(1);
    expect(sections.map((section) => section.text).join('')).toBe(content.trim());
    for (const section of sections) expect(section.text.length).toBeLessThan(131_072);
    for (const section of sections.slice(0, -1)) expect(section.text.endsWith('end.\n\n')).toBe(true);
  });

  test('never cuts a character in two', () => {
    const splitter = createSplitter(text, '/corpus');
    const sections = [...splitter.push(`x${'👋'.repeat(150_000)}`), ...splitter.end()];
    expect(sections.length).toBeGreaterThan(2);
    for (const section of sections) expect(section.text).not.toMatch(/[\uD800-\uDBFF]$/);
  });
});

describe('JSON lines', () => {
  test('give the text of every line as it is', () => {
    const content = '{"text":" a\\nb "}\r\n\n{"id":1,"text":"c"}\n{"text":""}\n{"text":"d"}';
    expect(documents(jsonl, content)).toEqual([' a\nb ', 'c', 'd']);
    expect(documents(jsonl, content, 3)).toEqual([' a\nb ', 'c', 'd']);
    expect(documents({ ...jsonl, textField: 'body' }, '{"body":"x"}\n')).toEqual(['x']);
  });

  test.each([
    ['{"text":"a"}\n{"text":', 'line 2 of the corpus /corpus is not JSON'],
    ['{"text":1}', 'line 1 of the corpus /corpus has no text in the field "text"'],
    ['\n\n[1]', 'line 3 of the corpus /corpus has no text in the field "text"'],
    ['null', 'line 1 of the corpus /corpus has no text'],
  ])('names the line of %j', (content, message) => {
    expect(() => documents(jsonl, content)).toThrow(message);
  });

  test('refuses a line without end', () => {
    const splitter = createSplitter(jsonl, '/corpus');
    const piece = 'x'.repeat(1 << 20);
    expect(() => Array.from({ length: 20 }, () => splitter.push(piece))).toThrow(
      'line 1 of the corpus /corpus has more than',
    );
  });
});
