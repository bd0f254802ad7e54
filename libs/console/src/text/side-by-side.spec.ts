import { createPalette } from './palette.ts';
import { renderSideBySide, wrap } from './side-by-side.ts';
import { textWidth } from './text-width.ts';

const plain = createPalette(false);

describe('wrap', () => {
  test('breaks at blanks and keeps the line breaks of the text', () => {
    expect(wrap('one two three\nfour', 8)).toEqual(['one two', 'three', 'four']);
  });

  test('breaks words that are too long', () => {
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });
});

describe('renderSideBySide', () => {
  const left = { title: 'default', text: 'Once upon a time there was a little girl named Lily.' };
  const right = {
    title: 'steered',
    text: 'Once upon a time there was a dog. The dog saw a dog and the dog was glad.',
  };

  test('stays within the columns and shows both texts whole', () => {
    const text = renderSideBySide(left, right, 70, plain);
    const lines = text.split('\n');
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(70);
    const side = (i: number) =>
      lines
        .slice(2)
        .map((line) => line.split(' │ ')[i]?.trim() ?? '')
        .join(' ')
        .trim();
    expect(side(0)).toBe(left.text);
    expect(side(1)).toBe(right.text);
  });

  test('puts the texts under each other in narrow terminals', () => {
    expect(renderSideBySide(left, right, 40, plain)).not.toContain('│');
  });
});
