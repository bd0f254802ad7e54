import { type Block, heatmapFigure, lineFigure, type Report, reportPage } from './index.ts';
import { HOSTILE, parseMarkup } from './testing/markup.ts';

const x = { label: 'x' };

async function figures(): Promise<Block[]> {
  const line = await lineFigure({
    title: 'Line',
    x,
    y: x,
    series: [
      {
        name: 'one',
        points: [
          [0, 1],
          [1, 2],
        ],
      },
    ],
  });
  const names = { label: 'n', names: ['a', 'b'] };
  const values = [
    [0, 1],
    [1, 0],
  ];
  const map = await heatmapFigure({
    title: 'Map',
    rows: names,
    columns: names,
    values,
    color: { label: 'v' },
  });
  return [line, map].map((figure) => ({ kind: 'figure', figure, caption: 'What to see' }));
}

/** A block of every kind with the same text wherever text can stand. */
function blocksOf(text: string): Block[] {
  const token = { text, activation: 2, concept: true };
  return [
    { kind: 'text', paragraphs: [text] },
    { kind: 'heading', text },
    { kind: 'facts', facts: [{ label: text, value: text, note: text }] },
    {
      kind: 'table',
      header: [text, 'n'],
      rows: [
        [text, 1],
        [text, null],
      ],
      caption: text,
    },
    {
      kind: 'exchange',
      prompt: text,
      defaultText: text,
      steeredText: text,
      defaultLabel: text,
      steeredLabel: text,
    },
    { kind: 'tokens', caption: text, examples: [{ tokens: [token], tag: text, truth: false }] },
    { kind: 'code', code: text },
  ];
}

function page(blocks: readonly Block[], more: Partial<Report> = {}): string {
  return reportPage({ title: 'Report', sections: [{ title: 'Section', blocks }], ...more });
}

describe('reportPage', () => {
  test('writes every block as valid markup', async () => {
    const html = page([...blocksOf('plain'), ...(await figures())]);
    const { elements, texts } = parseMarkup(html);
    expect(elements.filter((name) => name === 'svg')).toHaveLength(2);
    expect(elements).toEqual(
      expect.arrayContaining(['h1', 'h2', 'h3', 'p', 'dl', 'table', 'pre', 'figure', 'figcaption']),
    );
    expect(texts.filter((text) => text.includes('plain')).length).toBeGreaterThanOrEqual(14);
    expect(texts).toContain('What to see');
  });

  test('loads nothing from anywhere, and says so to the browser', async () => {
    const html = page([...blocksOf('plain'), ...(await figures())]);
    const addresses = html.replace(/xmlns(:\w+)?="http:\/\/www\.w3\.org\/[^"]*"/g, '');
    expect(addresses).not.toMatch(/https?:|\burl\((?!#)|@import|<script|<iframe|\bsrc=/i);
    expect(html).toContain("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;");
    const links = [...addresses.matchAll(/href="([^"]*)"/g)].map(([, target]) => target);
    expect(links.filter((target) => !/^(#|data:,)/.test(target))).toEqual([]);
  });

  test('gives every element an id of its own', async () => {
    const { ids } = parseMarkup(page(await figures()));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('keeps hostile text as text, everywhere', () => {
    const html = page(blocksOf(HOSTILE), {
      title: HOSTILE,
      subtitle: HOSTILE,
      footer: HOSTILE,
      language: HOSTILE,
    });
    const plain = parseMarkup(page(blocksOf('x'), { title: 'x', subtitle: 'x', footer: 'x' }));
    expect(parseMarkup(html).elements).toEqual(plain.elements);
    expect([...html].filter((one) => /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(one) && one !== '\n')).toEqual([]);
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)');
  });

  test.each([
    [3, 0],
    [4, 4],
  ])('lists the contents of %i sections in %i entries', (count, entries) => {
    const sections = Array.from({ length: count }, (_, i) => ({ title: `Part ${i}`, blocks: [] }));
    const html = reportPage({ title: 'Report', sections });
    expect(html.match(/<li><a href="#section-\d+">Part \d<\/a><\/li>/g) ?? []).toHaveLength(entries);
  });

  test('refuses a report without sections', () => {
    expect(() => reportPage({ title: 'Empty', sections: [] })).toThrow(/report "Empty" has no sections/);
  });
});

describe('blocks', () => {
  test('aligns columns of numbers and shows what is missing as a dash', () => {
    const html = page([
      {
        kind: 'table',
        header: ['name', 'f1'],
        rows: [
          ['a', 0.12345],
          ['b', null],
          ['c', -12000],
        ],
      },
    ]);
    expect(html).toContain('<th scope="col">name</th><th scope="col" class="number-cell">f1</th>');
    expect(html).toContain('<td class="number-cell">0.123</td>');
    expect(html).toContain('<td class="number-cell">\u2013</td>');
    expect(html).toContain('<td class="number-cell">\u221212,000</td>');
  });

  test('colours tokens by share of the maximum and shows line ends', () => {
    const tokens = [
      { text: 'The\n', activation: 0 },
      { text: 'bridge', activation: 4, concept: true },
      { text: 'is', activation: 2 },
      { text: 'low', activation: -4 },
    ];
    const html = page([{ kind: 'tokens', examples: [{ tokens, tag: 'name', truth: true }] }]);
    expect(html).toContain('<span class="token" title="The\n: 0">The<span class="newline">↵</span>\n</span>');
    expect(html).toContain(
      '<span class="token concept" style="--a:0.720" title="bridge: 4 (concept)">bridge</span>',
    );
    expect(html).toContain('<span class="token" style="--a:0.400" title="is: 2">is</span>');
    expect(html).toContain('<span class="token cold" style="--a:0.720" title="low: \u22124">low</span>');
    expect(html).toContain('<b>4</b><span class="tag true">✓ name</span>');
  });

  test.each<[string, Block, RegExp]>([
    ['a ragged table', { kind: 'table', header: ['a', 'b'], rows: [['1']] }, /row 0 of a table has 1 cells/],
    ['NaN in a table', { kind: 'table', header: ['a'], rows: [[Number.NaN]] }, /cannot show the number NaN/],
    [
      'NaN as a fact',
      { kind: 'facts', facts: [{ label: 'x', value: Number.NaN }] },
      /cannot show the number NaN/,
    ],
    ['an example without tokens', { kind: 'tokens', examples: [{ tokens: [] }] }, /token example 0 is empty/],
    [
      'NaN as an activation',
      { kind: 'tokens', examples: [{ tokens: [{ text: 'a', activation: Number.NaN }] }] },
      /token 0 of example 0 has the activation NaN/,
    ],
  ])('refuses %s', (_, block, message) => {
    expect(() => page([block])).toThrow(message);
  });
});
