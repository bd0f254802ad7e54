import { renderFigure, wrapText } from './render-figure.ts';
import { textWidth } from './text-width.ts';

const point = {
  data: { values: [{ x: 1 }] },
  mark: 'point',
  encoding: { x: { field: 'x', type: 'quantitative' } },
};

describe('renderFigure', () => {
  test('labels the figure as a whole by title and description', async () => {
    const figure = await renderFigure({ title: 'One "point"' }, { spec: point, description: 'A point.' });
    expect(figure.svg).toMatch(/^<svg role="img" aria-label="One &quot;point&quot;. A point." /);
    expect(figure.svg.match(/ role=| aria-/g)).toHaveLength(2);
    expect(figure).toMatchObject({ title: 'One "point"', description: 'One "point". A point.' });
  });

  test('refuses what Vega-Lite would leave out with a warning', async () => {
    const spec = {
      ...point,
      encoding: { x: { field: 'x', type: 'quantitative', scale: { type: 'log', zero: true } } },
    };
    await expect(renderFigure({ title: 'Odd' }, { spec, description: '' })).rejects.toThrow(
      /figure "Odd" cannot be drawn: .*"zero" is dropped/,
    );
  });

  test('refuses what Vega fails at while it draws', async () => {
    const adapt = (compiled: { marks?: object[] }) => {
      compiled.marks?.push({
        type: 'text',
        from: { data: 'source_0' },
        transform: [{ type: 'label', size: [1] }],
      });
    };
    await expect(renderFigure({ title: 'Odd' }, { spec: point, description: '', adapt })).rejects.toThrow(
      /Size parameter/,
    );
  });
});

describe('wrapText', () => {
  test('breaks between words, and never within one', () => {
    const text = 'The share of outputs about the bridge by dose and prompt';
    const lines = wrapText(text, 150, 12);
    expect(lines.join(' ')).toBe(text);
    expect(lines.length).toBeGreaterThan(1);
    expect(Math.max(...lines.map((line) => textWidth(line, 12, true)))).toBeLessThanOrEqual(150);
    expect(wrapText('unbreakable', 10, 12)).toEqual(['unbreakable']);
  });
});

describe('textWidth', () => {
  test('adds up the widths of Helvetica, with room for wider fonts', () => {
    // A 667, i 222, space 278 thousandths (Adobe font metrics), times 1.14.
    expect(textWidth('Ai ', 100)).toBeCloseTo((66.7 + 22.2 + 27.8) * 1.14, 6);
    expect(textWidth('桥', 10)).toBeCloseTo(10 * 1.14, 6);
  });
});
