import { barFigure, heatmapFigure, lineFigure, scatterFigure, vectorsFigure } from './index.ts';
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

  test('refuses no points and a negative size', async () => {
    await expect(scatterFigure({ title: 'None', x: X, y: X, points: [] })).rejects.toThrow(/points is empty/);
    const points = [{ x: 0, y: 0, size: -1 }];
    await expect(scatterFigure({ title: 'Sizes', x: X, y: X, points })).rejects.toThrow(
      /-1, outside the domain/,
    );
  });
});

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
