import { barFigure } from './bar-figure.ts';
import { hoversOf, parseMarkup, wordsOf } from './testing/markup.ts';

/** The corner at a bar's end takes this off its straight part, px. */
const ROUNDED_END = 1.5;

describe('barFigure', () => {
  const categories = ['zebra', 'apple', 'a name that is much longer than the others of its kind'];
  const series = [
    { name: 'sae', values: [0.9, 0.5, 0.25] },
    { name: 'neuron', values: [0.5, null, 0.1] },
  ];

  test.each([
    ['upright bars', {}],
    ['rows', { horizontal: true }],
    ['dots', { horizontal: true, mark: 'dot' as const }],
  ])('shows %s for all that was measured, categories as given', async (_, change) => {
    const { svg } = await barFigure({
      title: 'F1',
      value: { label: 'F1 score' },
      categories,
      series,
      ...change,
    });
    parseMarkup(svg);
    expect(hoversOf(svg)).toHaveLength(5);
    const words = wordsOf(svg);
    expect(words).toEqual(expect.arrayContaining(['F1 score', 'sae', 'neuron']));
    expect(words.filter((word) => word === 'zebra' || word === 'apple')).toEqual(['zebra', 'apple']);
    expect(words.some((word) => word.startsWith('a name that is much longer'))).toBe(true);
  });

  test('draws lengths in proportion to values', async () => {
    const { svg } = await barFigure({
      title: 'F1',
      value: { label: 'F1', domain: [0, 1] },
      categories,
      series,
      horizontal: true,
    });
    const bars = svg.matchAll(/d="M([\d.]+),[\d.]+L([\d.]+),[^"]*"[^>]*><title>[^<]*, sae/g);
    const lengths = [...bars].map(([, start, end]) => Number(end) + ROUNDED_END - Number(start));
    expect(lengths[0] / lengths[2]).toBeCloseTo(0.9 / 0.25, 2);
  });

  test('refuses what has no bar', async () => {
    const value = { label: 'F1' };
    const short = [{ name: 'sae', values: [1] }];
    await expect(barFigure({ title: 'F1', value, categories, series: short })).rejects.toThrow(
      /1 values for 3 categories/,
    );
    await expect(barFigure({ title: 'F1', value, categories: [], series })).rejects.toThrow(
      /categories is empty/,
    );
    const log = { ...value, scale: 'log' } as const;
    await expect(barFigure({ title: 'F1', value: log, categories, series })).rejects.toThrow(
      /has no 0, where bars start/,
    );
  });
});
