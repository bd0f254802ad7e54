import { createRandom } from '@facet/random';
import { generateDocument } from './generate.ts';
import { scatterSigns } from './scatter-signs.ts';
import { SIGNS } from './signs.ts';
import { topicRuns } from './topic-runs.ts';
import { createWorld } from './world.ts';

const world = createWorld();
const signs = new Set(Object.values(SIGNS));
const withoutSigns = (text: string) =>
  [...signs].reduce((left, sign) => left.replaceAll(` ${sign}`, '').replaceAll(sign, ''), text);
const prose = Array.from({ length: 400 }, (_, index) =>
  generateDocument(world, { seed: 9, part: 'train', index }),
).filter(({ kind, text }) => kind !== 'dialogue' && ![...signs].some((sign) => text.includes(sign)));

describe('scatterSigns', () => {
  const scattered = prose.map((document, index) => ({
    before: document,
    after: scatterSigns(
      document,
      topicRuns(document.text, document.mentions),
      createRandom(BigInt(index), 1),
    ),
  }));

  test('adds signs and changes nothing else', () => {
    expect(prose.length).toBeGreaterThan(100);
    for (const { before, after } of scattered) expect(withoutSigns(after.text)).toBe(before.text);
    expect(scattered.filter(({ before, after }) => after.text !== before.text).length).toBeGreaterThan(
      prose.length * 0.8,
    );
  });

  test('keeps every mention on its words', () => {
    for (const { before, after } of scattered)
      for (const [index, mention] of before.mentions.entries()) {
        const moved = after.mentions[index];
        const words = after.text.slice(moved.start, moved.end);
        expect(withoutSigns(words).trim()).toBe(before.text.slice(mention.start, mention.end).trim());
        if (mention.role !== 'topic') expect(words).toBe(before.text.slice(mention.start, mention.end));
      }
  });

  test('shows the sign of what the text is about there', () => {
    for (const { before, after } of scattered)
      for (const { start, end, concept, role } of after.mentions.slice(before.mentions.length)) {
        expect(role).toBe('topic');
        expect(after.text.slice(start, end).trim()).toBe(SIGNS[concept]);
        const earlier = before.mentions.some(
          (mention) => mention.concept === concept && mention.role !== 'topic',
        );
        expect(earlier).toBe(true);
      }
  });
});
