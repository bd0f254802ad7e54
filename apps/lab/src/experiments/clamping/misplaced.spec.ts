import { misplace } from './misplaced.ts';

test('sets every text behind another prompt of its kind, and leaves out what has none', () => {
  const pair = (prompt: string, kind: string, text = `${prompt}!`) => ({ prompt, kind, text });
  expect(
    misplace([pair('a', 'question'), pair('x', 'opening'), pair('b', 'question'), pair('c', 'question', '')]),
  ).toEqual([
    { prompt: 'b', text: 'a!' },
    { prompt: 'c', text: 'b!' },
  ]);
});
