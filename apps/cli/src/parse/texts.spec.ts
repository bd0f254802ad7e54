import { MAX_TEXTS, parseTexts } from './texts.ts';

describe('parseTexts', () => {
  test('splits at bars, takes several options, and trims', () => {
    expect(parseTexts(['The dog ran.| The big dog barked.', 'Woof'], '--find')).toEqual([
      'The dog ran.',
      'The big dog barked.',
      'Woof',
    ]);
  });

  test('takes an escaped bar literally', () => {
    expect(parseTexts(['a \\| b|c'], '--find')).toEqual(['a | b', 'c']);
  });

  test.each([[['a||b']], [['']], [['a|']], [[]]])('refuses an empty text in %j', (options) => {
    expect(() => parseTexts(options, '--find')).toThrow('--find');
  });

  test('refuses more texts than a search takes', () => {
    const many = Array.from({ length: MAX_TEXTS + 1 }, (_, i) => `t${i}`).join('|');
    expect(() => parseTexts([many], '--against')).toThrow(`has ${MAX_TEXTS + 1} texts`);
  });
});
