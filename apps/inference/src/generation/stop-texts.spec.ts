import fc from 'fast-check';
import { createStopFilter } from './stop-texts.ts';

/** Sends `pieces` one by one; returns all text that came through and whether a stop text ended it. */
function run(stops: readonly string[], pieces: readonly string[]) {
  const filter = createStopFilter(stops);
  let text = '';
  for (const piece of pieces) {
    const passed = filter.push(piece);
    text += passed.text;
    if (passed.stopped) return { text, stopped: true };
  }
  return { text: text + filter.end(), stopped: false };
}

describe('createStopFilter', () => {
  test('finds a stop text that lies across pieces and never sends any of it', () => {
    const filter = createStopFilter(['\n\n']);
    expect(filter.push('one\n')).toEqual({ text: 'one', stopped: false });
    expect(filter.push('\ntwo')).toEqual({ text: '', stopped: true });
  });

  test('releases held text once it can no longer become a stop text', () => {
    const filter = createStopFilter(['abc']);
    expect(filter.push('xab')).toEqual({ text: 'x', stopped: false });
    expect(filter.push('a')).toEqual({ text: 'ab', stopped: false });
    expect(filter.end()).toBe('a');
  });

  test('lets the stop text that is complete first win, of several the longest', () => {
    expect(run(['abc', 'b'], ['abc'])).toEqual({ text: 'a', stopped: true });
    expect(run(['c', 'abc'], ['xabc'])).toEqual({ text: 'x', stopped: true });
  });

  test('passes everything through without stop texts', () => {
    expect(run([], ['a', '', 'b'])).toEqual({ text: 'ab', stopped: false });
  });

  test('answers the same however the text is cut into pieces', () => {
    const letter = fc.constantFrom('a', 'b', 'c');
    const word = (minLength: number, maxLength: number) =>
      fc.array(letter, { minLength, maxLength }).map((letters) => letters.join(''));
    const inputs = [fc.array(word(1, 4), { maxLength: 3 }), fc.array(word(0, 4), { maxLength: 8 })] as const;
    fc.assert(
      fc.property(...inputs, (stops, pieces) => {
        expect(run(stops, pieces)).toEqual(run(stops, [...pieces.join('')]));
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
