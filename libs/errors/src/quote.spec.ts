import { cutText, MAX_QUOTED_CHARS, quote, quoteJson, wellFormed } from './quote.ts';

const BANG = '\u{1F4A5}';
const LONE = /\p{Surrogate}/u;

describe('quote', () => {
  test('writes a short text whole, in double quotes, with escapes', () => {
    expect(quote('saes/x')).toBe('"saes/x"');
    expect(quote('a"b\n\u0000')).toBe('"a\\"b\\n\\u0000"');
  });

  test.each([0, 1, 2, 3])('never cuts inside a character, wherever the cut falls (%i before)', (before) => {
    const quoted = JSON.parse(quote('a'.repeat(before) + BANG.repeat(5000))) as string;
    expect(quoted).not.toMatch(LONE);
    expect(quoted.length).toBeLessThanOrEqual(MAX_QUOTED_CHARS);
    expect(quoted).toMatch(/\u{1F4A5}…$/u);
  });

  test('repeats at most 200 characters', () => {
    expect(quote('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`);
    expect(quote('x'.repeat(201))).toBe(`"${'x'.repeat(199)}…"`);
  });
});

describe('quoteJson', () => {
  test('writes any value of JSON, whole or cut', () => {
    expect(quoteJson({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(quoteJson(undefined)).toBe('undefined');
    expect(quoteJson(Array(500).fill(1))).toHaveLength(MAX_QUOTED_CHARS);
  });
});

describe('cutText', () => {
  test('makes short texts well-formed too', () => {
    expect(cutText('a\uD83Db', 10)).toBe('a\uFFFDb');
    expect(cutText(`\uDCA5${BANG}\uD83D`, 10)).toBe(`\uFFFD${BANG}\uFFFD`);
  });

  test('leaves a lone half out at the cut, and keeps the limit', () => {
    expect(cutText(`ab${BANG}cd`, 4)).toBe('ab…');
    expect(cutText(`ab${BANG}cd`, 5)).toBe(`ab${BANG}…`);
    expect(cutText('abc', 0)).toBe('…');
  });
});

describe('wellFormed', () => {
  test('leaves pairs alone and replaces every lone half', () => {
    expect(wellFormed(BANG.repeat(3))).toBe(BANG.repeat(3));
    expect(wellFormed('\uD83D\uD83D\uDCA5\uDCA5')).toBe(`\uFFFD${BANG}\uFFFD`);
  });
});
