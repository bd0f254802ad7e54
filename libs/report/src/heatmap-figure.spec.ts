import { heatmapFigure } from './heatmap-figure.ts';
import { hoversOf, parseMarkup, wordsOf } from './testing/markup.ts';

describe('heatmapFigure', () => {
  const rows = { label: 'sparsity', names: ['0.9', '0.99'] };
  const columns = { label: 'size', names: ['8', '16', '32'] };
  const color = { label: 'recovered' };

  test('shows every measured cell with its value', async () => {
    const values = [
      [0.1, 0.2, null],
      [0.5, 0.75, 1],
    ];
    const { svg } = await heatmapFigure({ title: 'Recovery', rows, columns, values, color });
    parseMarkup(svg);
    expect(hoversOf(svg)).toHaveLength(5);
    expect(hoversOf(svg)[3]).toBe('0.99, 16: 0.75');
    expect(wordsOf(svg)).toEqual(
      expect.arrayContaining(['sparsity', 'size', 'recovered', '0.9', '32', '0.75']),
    );
  });

  test('gives gradients names that differ between figures', async () => {
    const draw = (last: number) =>
      heatmapFigure({
        title: 'Recovery',
        rows,
        columns,
        values: [
          [0, 0, 0],
          [0, 0, last],
        ],
        color,
      });
    const [one, other] = [parseMarkup((await draw(1)).svg), parseMarkup((await draw(2)).svg)];
    expect(one.ids.length).toBeGreaterThan(0);
    expect(one.ids.filter((id) => other.ids.includes(id))).toEqual([]);
  });

  test('refuses rows of the wrong length and NaN', async () => {
    const draw = (values: number[][]) => heatmapFigure({ title: 'Recovery', rows, columns, values, color });
    await expect(draw([[1, 2, 3]])).rejects.toThrow(/1 rows for 2 row names/);
    await expect(
      draw([
        [1, 2, 3],
        [1, 2],
      ]),
    ).rejects.toThrow(/values\[1\] has 2 values for 3 column names/);
    await expect(
      draw([
        [1, 2, 3],
        [1, Number.NaN, 3],
      ]),
    ).rejects.toThrow(/values\[1\]\[1\] is NaN/);
  });
});
