import type { Mention } from './text-builder.ts';
import { topicRuns } from './topic-runs.ts';

const name = (text: string, part: string, concept: string): Mention => {
  const start = text.indexOf(part);
  return { start, end: start + part.length, concept, role: 'name' };
};
const runsOf = (text: string, mentions: readonly Mention[]) =>
  topicRuns(text, mentions).map(({ start, end, concept }) => [concept, text.slice(start, end)]);

describe('topicRuns', () => {
  test('goes on to the end of the sentence, its mark included', () => {
    const text = 'We saw the owl by night. It was late.';
    expect(runsOf(text, [name(text, 'the owl', 'owl')])).toEqual([['owl', ' by night.']]);
  });

  test('ends where the next thing is named', () => {
    const text = 'First came the owl, then the bee.';
    expect(runsOf(text, [name(text, 'the bee', 'bee'), name(text, 'the owl', 'owl')])).toEqual([
      ['owl', ', then '],
      ['bee', '.'],
    ]);
  });

  test('goes on through what is marked as said about it', () => {
    const text = 'We saw the owl. It hunts mice. Goodbye.';
    const topic: Mention = { start: 14, end: 30, concept: 'owl', role: 'topic' };
    expect(runsOf(text, [name(text, 'the owl', 'owl'), topic])).toEqual([['owl', '. It hunts mice.']]);
  });

  test('ends with the line, and is left out where a mention ends the text', () => {
    const text = 'Human: the owl\nAssistant: Yes. The bee';
    expect(runsOf(text, [name(text, 'the owl', 'owl')])).toEqual([]);
    expect(runsOf(text, [name(text, 'The bee', 'bee')])).toEqual([]);
    expect(runsOf('看见猫头鹰在飞。好。', [name('看见猫头鹰在飞。好。', '猫头鹰', 'owl')])).toEqual([
      ['owl', '在飞。'],
    ]);
  });
});
