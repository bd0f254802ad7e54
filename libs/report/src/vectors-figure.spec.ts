import { hoversOf, parseMarkup, wordsOf } from './testing/markup.ts';
import { vectorsFigure } from './vectors-figure.ts';

describe('vectorsFigure', () => {
  test('draws one panel of one scale per model', async () => {
    const panels = [
      {
        name: 'dense',
        vectors: [
          { x: 1, y: 0 },
          { x: 0, y: 1 },
        ],
      },
      { name: 'sparse', vectors: [{ x: 0.5, y: 0, name: 'first' }] },
    ];
    const { svg } = await vectorsFigure({ title: 'Geometry', panels });
    parseMarkup(svg);
    expect(wordsOf(svg)).toEqual(expect.arrayContaining(['dense', 'sparse']));
    expect(hoversOf(svg)).toEqual(['direction 0: 1, 0', 'direction 1: 0, 1', 'first: 0.5, 0']);
    expect(svg.match(/<line [^>]*stroke="#0072b2"/g)).toHaveLength(3);
  });

  test('refuses an empty panel', async () => {
    const panels = [{ name: 'dense', vectors: [] }];
    await expect(vectorsFigure({ title: 'Geometry', panels })).rejects.toThrow(/panel "dense" is empty/);
  });
});
