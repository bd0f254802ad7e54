import { pad, printable, printableLines, textWidth, truncate } from './text-width.ts';

describe('textWidth', () => {
  test.each([
    ['dog', 3],
    ['\u001b[1mdog\u001b[22m', 3],
    ['犬dog', 5],
    ['e\u0301', 1],
    ['‖Δx‖', 4],
  ])('measures %j', (text, width) => expect(textWidth(text)).toBe(width));
});

describe('pad and truncate', () => {
  test('fill and cut to columns, not to characters', () => {
    expect(pad('犬', 4)).toBe('犬  ');
    expect(pad('7', 3, 'right')).toBe('  7');
    expect(truncate('犬犬犬', 4)).toBe('犬…');
    expect(truncate('dog', 3)).toBe('dog');
  });
});

describe('printable', () => {
  test('takes the power from control characters and shows line breaks', () => {
    expect(printable('a\u001b[31mb\r\nc\nd\u0007')).toBe('a�[31mb↵c↵d�');
    expect(printableLines('a\nb\u001b')).toBe('a\nb�');
  });
});
