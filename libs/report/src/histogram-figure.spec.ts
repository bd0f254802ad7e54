import { histogramFigure } from './histogram-figure.ts';
import { hoversOf, parseMarkup, wordsOf } from './testing/markup.ts';

describe('histogramFigure', () => {
  test('counts every value once, the largest into the last bin', async () => {
    const values = [0, 0.5, 1, 1.5, 2, 9.99, 10];
    const { svg } = await histogramFigure({
      title: 'Maxima',
      x: { label: 'maximum' },
      series: [{ name: 'all', values }],
      bins: 5,
    });
    parseMarkup(svg);
    expect(hoversOf(svg)).toEqual(['all, 0 to 2: 4', 'all, 2 to 4: 1', 'all, 8 to 10: 2']);
    expect(wordsOf(svg)).toEqual(expect.arrayContaining(['Maxima', 'maximum', 'count']));
  });

  test('has bins of equal ratio on a log axis', async () => {
    const x = { label: 'density', scale: 'log', domain: [0.001, 1] } as const;
    const series = [
      { name: 'trained', values: [0.002, 0.02, 0.03, 0.5] },
      { name: 'random', values: [0.5] },
    ];
    const { svg } = await histogramFigure({ title: 'Density', x, series, bins: 3 });
    expect(hoversOf(svg)).toEqual([
      'trained, 0.001 to 0.01: 1',
      'trained, 0.01 to 0.1: 2',
      'trained, 0.1 to 1: 1',
      'random, 0.1 to 1: 1',
    ]);
    expect(wordsOf(svg)).toEqual(expect.arrayContaining(['trained', 'random']));
  });

  test('gives a single value a bin and a rule a place', async () => {
    const series = [{ name: 'all', values: [3, 3, 3] }];
    const one = await histogramFigure({ title: 'One', x: { label: 'value' }, series, bins: 1 });
    expect(hoversOf(one.svg)).toEqual(['all, 2.5 to 3.5: 3']);
    const ruled = await histogramFigure({
      title: 'One',
      x: { label: 'value' },
      series,
      bins: 2,
      rules: [{ x: 1, label: 'asked' }],
    });
    expect(hoversOf(ruled.svg)).toEqual(['all, 2 to 3: 3']);
    expect(wordsOf(ruled.svg)).toContain('asked');
  });

  test.each([
    ['no values', { series: [{ name: 'all', values: [] }] }, /"all" has no values/],
    ['NaN', { series: [{ name: 'all', values: [Number.NaN] }] }, /"all" is NaN/],
    ['half a bin', { bins: 0.5 }, /bins is 0.5/],
    ['a log axis of 0', { x: { label: 'v', scale: 'log' as const } }, /is 0 on the log axis/],
  ])('refuses %s', async (_, change, message) => {
    const options = { title: 'Bad', x: { label: 'v' }, series: [{ name: 'all', values: [0, 1] }], ...change };
    await expect(histogramFigure(options)).rejects.toThrow(message);
  });
});
