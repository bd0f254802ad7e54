import { createPalette, type Palette } from './palette.ts';
import { pad, textWidth } from './text-width.ts';

export interface Column<Row> {
  title: string;
  /** Text of the cell. */
  cell: (row: Row) => string;
  /** @default left */
  align?: 'left' | 'right';
}

/** Writes rows as a table of aligned columns, two blanks apart, with a dim head; no trailing blanks. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  palette: Palette = createPalette(false),
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map((column, i) =>
    Math.max(textWidth(column.title), ...cells.map((row) => textWidth(row[i]!))),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => pad(text, widths[i]!, columns[i]!.align))
      .join('  ')
      .trimEnd();
  const head = palette.dim(line(columns.map((column) => column.title)));
  return [head, ...cells.map(line)].join('\n');
}
