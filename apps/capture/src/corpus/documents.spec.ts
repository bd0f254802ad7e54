import fc from 'fast-check';
import type { ResolvedCorpus } from '../sets/set-record.ts';
import { createSplitter } from './read-corpus.ts';

type TextFormat = Exclude<ResolvedCorpus, { format: 'PARQUET' }>;

const text: TextFormat = { uri: '/c', format: 'TEXT', documentSeparator: '<|end|>' };
const jsonl: TextFormat = { uri: '/c', format: 'JSONL', textField: 'text' };

/** Splits `content` given in pieces of `pieceChars`, and joins the sections of each document. */
async function documents(
  corpus: TextFormat,
  content: string,
  pieceChars = content.length || 1,
): Promise<string[]> {
  const splitter = createSplitter(corpus, '"/corpus"');
  const pieces = Array.from({ length: Math.ceil(content.length / pieceChars) }, (_, i) =>
    content.slice(i * pieceChars, (i + 1) * pieceChars),
  );
  const sections = [...pieces.flatMap((piece) => splitter.push(piece)), ...(await splitter.end())];
  const found: string[] = [];
  for (const section of sections) {
    if (section.begins) found.push(section.text);
    else found[found.length - 1] += section.text;
  }
  return found;
}

describe('plain text', () => {
  test('is divided at the separator, without white space around documents or empty documents', async () => {
    const content = '  One day\nwent by. \n<|end|>\n\n<|end|><|end|>Two <|en d|>\n<|end|>';
    expect(await documents(text, content)).toEqual(['One day\nwent by.', 'Two <|en d|>']);
    expect(await documents(text, ' \n<|end|> ')).toEqual([]);
  });

  test('gives the same documents however it is cut into pieces', async () => {
    const part = fc.oneof(fc.constant('<|end|>'), fc.constantFrom('<|', 'end|>', ' ', '\n', 'a', 'bc', '👋'));
    const content = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 9 }), async (whole, pieceChars) => {
        const expected = whole
          .split('<|end|>')
          .map((one) => one.trim())
          .filter((one) => one !== '');
        expect(await documents(text, whole, pieceChars)).toEqual(expected);
      }),
      { seed: 22, numRuns: 500 },
    );
  });

  test('cuts long documents into sections, at empty lines where there are some, and loses no character', async () => {
    const paragraph = `${'word '.repeat(200)}end.\n\n`;
    const content = paragraph.repeat(400);
    const splitter = createSplitter(text, '"/corpus"');
    const sections = [...splitter.push(content), ...(await splitter.end())];
    expect(sections.length).toBeGreaterThan(4);
    expect(sections.filter(({ begins }) => begins)).toHaveLength(1);
    expect(sections.map((section) => section.text).join('')).toBe(content.trim());
    for (const section of sections) expect(section.text.length).toBeLessThan(131_072);
    for (const section of sections.slice(0, -1)) expect(section.text.endsWith('end.\n\n')).toBe(true);
  });

  test('never cuts a character in two', async () => {
    const splitter = createSplitter(text, '"/corpus"');
    const sections = [...splitter.push(`x${'👋'.repeat(150_000)}`), ...(await splitter.end())];
    expect(sections.length).toBeGreaterThan(2);
    for (const section of sections) expect(section.text).not.toMatch(/[\uD800-\uDBFF]$/);
  });
});

describe('a separator of line breaks', () => {
  const paragraphs = { ...text, documentSeparator: '\n\n' };

  test('divides texts with carriage returns too, however they are cut into pieces', async () => {
    for (const content of ['a\r\nb\r\n\r\nc\r\n\r\n\r\nd', 'a\r\nb\n\nc\n\r\nd'])
      for (let pieceChars = 1; pieceChars <= content.length; pieceChars++)
        expect(await documents(paragraphs, content, pieceChars)).toEqual(['a\r\nb', 'c', 'd']);
    for (const content of ['a\rb\r\rc\r\r\rd', 'a\rb\r\n\rc\n\rd'])
      for (let pieceChars = 1; pieceChars <= content.length; pieceChars++)
        expect(await documents(paragraphs, content, pieceChars)).toEqual(['a\rb', 'c', 'd']);
    const crcr = { ...text, documentSeparator: '\r\r' };
    expect(await documents(crcr, 'a\r\nb\r\n\r\nc\n\nd')).toEqual(['a\r\nb', 'c', 'd']);
    const crlf = { ...text, documentSeparator: '\r\n---\r\n' };
    expect(await documents(crlf, 'a\n---\nb\r\n---\r\nc')).toEqual(['a', 'b', 'c']);
    expect(await documents({ ...text, documentSeparator: '\n*.+\n' }, 'a\r\n*.+\r\nb\nxxx\nc')).toEqual([
      'a',
      'b\nxxx\nc',
    ]);
  });
});

describe('the place of a section', () => {
  test('is the line on which it begins', () => {
    const splitter = createSplitter({ ...text, documentSeparator: '\n--\n' }, '"/corpus"');
    const sections = [
      ...splitter.push('\n\n one\ntwo\n--\n\nthree'),
      ...splitter.push('\n--\nfour'),
      ...(splitter.end() as []),
    ];
    expect(sections.map(({ text: part, at }) => [part, at])).toEqual([
      ['one\ntwo', 3],
      ['three', 7],
      ['four', 9],
    ]);
    const lines = createSplitter(jsonl, '"/corpus"');
    expect(lines.push('{"text":"a"}\n\n{"text":"b"}\n').map(({ at }) => at)).toEqual([1, 3]);
  });
});

describe('JSON lines', () => {
  test('give the text of every line as it is', async () => {
    const content = '{"text":" a\\nb "}\r\n\n{"id":1,"text":"c"}\n{"text":""}\n{"text":"d"}';
    expect(await documents(jsonl, content)).toEqual([' a\nb ', 'c', 'd']);
    expect(await documents(jsonl, content, 3)).toEqual([' a\nb ', 'c', 'd']);
    expect(await documents({ ...jsonl, textField: 'body' }, '{"body":"x"}\n')).toEqual(['x']);
  });

  test.each([
    [
      '{"text":"a"}\n{"text":',
      'line 2 of the corpus "/corpus" is not JSON; correct it, or say --format text',
    ],
    ['{"text":1}', 'line 1 of the corpus "/corpus" has no text in the field "text"'],
    ['\n\n[1]', 'line 3 of the corpus "/corpus" has no text in the field "text"'],
    ['null', 'line 1 of the corpus "/corpus" has no text'],
    [
      '{"body":"a","id":1,"title":"b"}',
      'name one of its fields with text_field (--text-field): "body", "title"',
    ],
  ])('names the line of %j', async (content, message) => {
    await expect(documents(jsonl, content)).rejects.toThrow(message);
  });

  test('refuse half a character, which nobody could give back', async () => {
    for (const [half, content] of [
      ['d800', '{"text":"fine"}\n{"text":"a \\ud800b"}'],
      ['dc00', '"fine"\n"a \\udc00"'],
    ])
      await expect(documents(jsonl, content!)).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining(
          `line 2 of the corpus "/corpus" has half a character, \\u${half}, behind "a "`,
        ),
      });
    expect(await documents(jsonl, '{"text":"\\ud83d\\udc4b"}')).toEqual(['👋']);
  });

  test('refuses a line without end', async () => {
    const splitter = createSplitter(jsonl, '"/corpus"');
    const piece = 'x'.repeat(1 << 20);
    expect(() => Array.from({ length: 20 }, () => splitter.push(piece))).toThrow(
      'line 1 of the corpus "/corpus" has more than',
    );
  });
});
