import { scatterFigure } from './scatter-figure.ts';
import { hoversOf, parseMarkup, wordsOf } from './testing/markup.ts';

const X = { label: 'clamp' };

describe('scatterFigure', () => {
  test('shows axis titles, groups, every point, and labels that have room', async () => {
    const points = [
      { x: 0, y: 0, name: 'otter', group: 'animals', label: true },
      { x: 5, y: 1, name: 'rain', group: 'weather', label: true },
      { x: 9, y: 0.5, name: 'snow', group: 'weather' },
    ];
    const { svg } = await scatterFigure({ title: 'Concepts', x: X, y: { label: 'F1' }, points });
    parseMarkup(svg);
    expect(hoversOf(svg)).toEqual(['otter: 0, 0', 'rain: 5, 1', 'snow: 9, 0.5']);
    const words = wordsOf(svg);
    expect(words).toEqual(expect.arrayContaining(['clamp', 'F1', 'animals', 'weather', 'otter', 'rain']));
    expect(words).not.toContain('snow');
  });

  test('gives sizes by area', async () => {
    const points = [
      { x: 0, y: 0, size: 0 },
      { x: 1, y: 1, size: 4 },
    ];
    const { svg } = await scatterFigure({ title: 'Sizes', x: X, y: X, points, sizeLabel: 'events' });
    const radii = [...svg.matchAll(/d="M([\d.]+),0A[^"]*"[^>]*><title>/g)].map(([, radius]) =>
      Number(radius),
    );
    expect(radii[1] ** 2 / radii[0] ** 2).toBeCloseTo(420 / 20, 0);
    expect(wordsOf(svg)).toContain('events');
  });

  test('draws links between points and refuses one to a point that is not there', async () => {
    const points = [
      { x: 0, y: 0, name: 'France' },
      { x: 5, y: 1, name: 'Paris' },
    ];
    const options = { title: 'Capitals', x: X, y: { label: 'second' }, points };
    const lines = (svg: string) => svg.match(/class="[^"]*links_marks"><line[^>]*>/g) ?? [];
    expect(lines((await scatterFigure(options)).svg)).toHaveLength(0);
    expect(lines((await scatterFigure({ ...options, links: [[0, 1]] })).svg)).toHaveLength(1);
    await expect(scatterFigure({ ...options, links: [[0, 2]] })).rejects.toThrow('there are 2');
  });

  test('refuses no points and a negative size', async () => {
    await expect(scatterFigure({ title: 'None', x: X, y: X, points: [] })).rejects.toThrow(/points is empty/);
    const points = [{ x: 0, y: 0, size: -1 }];
    await expect(scatterFigure({ title: 'Sizes', x: X, y: X, points })).rejects.toThrow(
      /-1, outside the domain/,
    );
  });
});
