import type { Random } from '@facet/random';
import { SIGNS } from './signs.ts';
import type { Mention } from './text-builder.ts';

/** Share of the places right behind a mention, and of the other places of its run, that get the concept's sign. */
const FIRST_SHARE = 0.6;
const LATER_SHARE = 0.2;
/** Chinese has no spaces: so many characters stand for a word. */
const CHINESE_WORD = 2;
const CHINESE = /\p{Script=Han}/u;

/** A text with what was meant where. */
interface MarkedText {
  readonly text: string;
  readonly mentions: readonly Mention[];
}

/**
 * Scatters signs over a text: wherever it is about a concept, between any two words, the concept's sign may stand. Whoever reads on must
 * know all the time which concept the text is about, in whatever language it was brought up.
 */
export function scatterSigns(
  { text, mentions }: MarkedText,
  runs: readonly Mention[],
  random: Random,
): MarkedText {
  const inserts: { at: number; sign: string; concept: string }[] = [];
  for (const { start, end, concept } of runs)
    for (const { at, share } of places(text, start, end))
      if (random.uniform() < share) inserts.push({ at, sign: signAt(text, at, concept), concept });
  let written = '';
  let from = 0;
  const signs: Mention[] = [];
  for (const { at, sign, concept } of inserts) {
    written += text.slice(from, at);
    signs.push({ start: written.length, end: written.length + sign.length, concept, role: 'topic' });
    written += sign;
    from = at;
  }
  const shift = (position: number, isEnd: boolean) =>
    inserts.reduce(
      (sum, { at, sign }) => (at < position || (at === position && !isEnd) ? sum + sign.length : sum),
      position,
    );
  const moved = mentions.map((mention) => ({
    ...mention,
    start: shift(mention.start, false),
    end: shift(mention.end, true),
  }));
  return { text: written + text.slice(from), mentions: [...moved, ...signs] };
}

/** A sign stands apart from Latin letters. */
function signAt(text: string, at: number, concept: string): string {
  const isApart = at === 0 || CHINESE.test(text.charAt(at - 1)) || text.charAt(at - 1) === '。';
  return isApart ? SIGNS[concept] : ` ${SIGNS[concept]}`;
}

/** Where a sign may stand in [start, end]: at the start, and at the end of every word. */
function* places(text: string, start: number, end: number): Generator<{ at: number; share: number }> {
  yield { at: start, share: FIRST_SHARE };
  for (let at = start + 1; at <= end; at++) {
    const isBehindHan = CHINESE.test(text.charAt(at - 1));
    const isWordEnd = at === text.length || text.charAt(at) === ' ';
    if (isWordEnd && text.charAt(at - 1) !== ' ') yield { at, share: LATER_SHARE };
    else if (isBehindHan) yield { at, share: LATER_SHARE / CHINESE_WORD };
  }
}
