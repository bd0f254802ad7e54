import type { WorldDocument } from './generate.ts';
import type { Lexicon } from './lexicon.ts';
import type { Mention } from './text-builder.ts';

/** Adds the names that come up inside facts and paraphrases of other concepts to what the author meant. */
export function labelDocument(document: WorldDocument, lexicon: Lexicon): readonly Mention[] {
  const meant = document.mentions;
  const found = lexicon
    .findNames(document.text)
    .filter(
      ({ start, end, concept }) =>
        !meant.some(
          (mention) =>
            mention.concept === concept &&
            mention.role === 'name' &&
            mention.start <= start &&
            end <= mention.end,
        ),
    )
    .map((match): Mention => ({ ...match, role: 'name' }));
  return [...meant, ...found].sort((a, b) => a.start - b.start || b.end - a.end);
}

/**
 * Puts mentions onto tokens: for every mention the tokens [first, last] that share a character with it. `ends` [n] is the end of every
 * token in the text; a token's leading space belongs to the token, not to the mention.
 */
export function mentionTokens(
  { start, end }: Mention,
  ends: ArrayLike<number>,
): { first: number; last: number } {
  const first = Math.min(lowerBound(ends, start + 1), ends.length - 1);
  const last = Math.min(lowerBound(ends, end), ends.length - 1);
  return { first, last: Math.max(first, last) };
}

/** Index of the first value that is at least `wanted`; values ascend. */
function lowerBound(values: ArrayLike<number>, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
