import { createPalette } from './palette.ts';
import { renderTable } from './table.ts';

const COLUMNS = [
  { title: 'name', cell: (row: { name: string }) => row.name },
  {
    title: 'count',
    cell: (row: { name: string; count: number }) => String(row.count),
    align: 'right' as const,
  },
];

describe('renderTable', () => {
  test('aligns columns, numbers on the right, without trailing blanks', () => {
    const rows = [
      { name: 'dog', count: 5 },
      { name: 'elephant', count: 1234567 },
    ];
    expect(renderTable(rows, COLUMNS)).toBe(
      ['name        count', 'dog             5', 'elephant  1234567'].join('\n'),
    );
  });

  test('writes only the head for no rows', () => {
    expect(renderTable([], COLUMNS)).toBe('name  count');
  });

  test('keeps columns aligned where cells are coloured', () => {
    const palette = createPalette(true);
    const rows = [
      { name: palette.green('ok'), count: 1 },
      { name: 'failed', count: 2 },
    ];
    const lines = renderTable(rows, COLUMNS, palette).split('\n');
    expect(lines[1]).toBe('\u001b[32mok\u001b[39m          1');
    expect(lines[2]).toBe('failed      2');
  });
});
