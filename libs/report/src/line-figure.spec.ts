import { lineFigure } from './line-figure.ts';
import { HOSTILE, hoversOf, parseMarkup, wordsOf } from './testing/markup.ts';

const X = { label: 'clamp' };
const Y = { label: 'share', domain: [0, 1] as const };

describe('lineFigure', () => {
  const series = [
    {
      name: 'bridge',
      points: [
        [0, 0.1],
        [1, 0.4],
        [2, 0.9],
      ] as const,
    },
    {
      name: 'control',
      points: [
        [0, 0],
        [2, 0.1],
      ] as const,
      dashed: true,
    },
  ];

  test('shows axis titles, every series, every point and the rules', async () => {
    const { svg } = await lineFigure({
      title: 'Dose',
      x: X,
      y: Y,
      series,
      rules: [{ y: 0.9, label: 'asked' }],
    });
    parseMarkup(svg);
    expect(wordsOf(svg)).toEqual(
      expect.arrayContaining(['Dose', 'clamp', 'share', 'bridge', 'control', 'asked']),
    );
    const points = hoversOf(svg).filter((hover) => hover.includes(','));
    expect(points).toEqual([
      'bridge: 0, 0.1',
      'bridge: 1, 0.4',
      'bridge: 2, 0.9',
      'control: 0, 0',
      'control: 2, 0.1',
    ]);
    expect(hoversOf(svg).filter((hover) => !hover.includes(','))).toEqual(['bridge', 'control']);
  });

  test('is exactly as wide as asked, and the same every time', async () => {
    const draw = () => lineFigure({ title: 'Dose', x: X, y: Y, series, width: 500 });
    const [first, second] = [await draw(), await draw()];
    expect(first.width).toBe(500);
    expect(first.svg).toBe(second.svg);
    expect(first.svg).toContain('width="500"');
  });

  test('keeps every asked tick', async () => {
    const ticks = [-20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20];
    const x = { ...X, scale: 'symlog', ticks } as const;
    const points = ticks.map((tick) => [tick, 0.5] as const);
    const { svg } = await lineFigure({ title: 'Dose', x, y: Y, series: [{ name: 'bridge', points }] });
    expect(wordsOf(svg)).toEqual(
      expect.arrayContaining(ticks.map((tick) => String(tick).replace('-', '\u2212'))),
    );
  });

  test('places a log axis by ratio', async () => {
    const x = { label: 'size', scale: 'log', base: 2, domain: [1, 16] } as const;
    const points = [1, 4, 16].map((size) => [size, 0.5] as const);
    const { svg } = await lineFigure({ title: 'Sizes', x, y: Y, series: [{ name: 'sae', points }] });
    const [a, b, c] = [...svg.matchAll(/translate\(([\d.]+),[\d.]+\)"[^>]*><title>sae: /g)].map(([, at]) =>
      Number(at),
    );
    expect(b - a).toBeCloseTo(c - b, 6);
    expect(b - a).toBeGreaterThan(100);
  });

  test.each([
    ['no series', { series: [] }, /series is empty/],
    ['no points', { series: [{ name: 'bridge', points: [] }] }, /"bridge" has no points/],
    ['NaN', { series: [{ name: 'bridge', points: [[1, Number.NaN]] as const }] }, /"bridge" at 1 is NaN/],
    [
      'infinity',
      { series: [{ name: 'bridge', points: [[Infinity, 0]] as const }] },
      /is Infinity on axis "clamp"/,
    ],
    ['two of a name', { series: [series[0], series[0]] }, /has "bridge" twice/],
    [
      'a value outside',
      { series: [{ name: 'bridge', points: [[0, 2]] as const }] },
      /outside the domain \[0, 1\]/,
    ],
    ['log of 0', { x: { ...X, scale: 'log' as const } }, /log axis "clamp", which shows values > 0/],
    ['a rule without place', { rules: [{ label: 'lost' }] }, /"lost" needs either x or y/],
    ['a domain that shrinks', { y: { ...Y, domain: [1, 0] as const } }, /domain \[1,0\]; it must grow/],
  ])('refuses %s', async (_, change, message) => {
    await expect(lineFigure({ title: 'Dose', x: X, y: Y, series, ...change })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });

  test('keeps text that looks like an attribute', async () => {
    const name = 'a role="x" id="y" d="1.23456"';
    const { svg } = await lineFigure({
      title: 'Odd',
      x: X,
      y: Y,
      series: [series[0], { ...series[1], name }],
    });
    expect(wordsOf(svg)).toContain(name);
  });

  test('keeps hostile names as text', async () => {
    const hostile = {
      name: HOSTILE,
      points: [
        [0, 0.5],
        [1, 0.6],
      ] as const,
    };
    const axis = { label: HOSTILE };
    const { svg } = await lineFigure({ title: HOSTILE, x: axis, y: axis, series: [series[0], hostile] });
    const { elements } = parseMarkup(svg);
    expect(elements).not.toEqual(expect.arrayContaining(['script']));
    expect(elements).not.toEqual(expect.arrayContaining(['img']));
    expect([...svg].filter((character) => /\p{Cc}|\p{Surrogate}/u.test(character))).toEqual([]);
  });
});
