import { FacetError } from '@facet/errors';
import type { Cell, TableBlock } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber } from './format-number.ts';

/** Writes a table; columns of numbers are aligned right. */
export function tableHtml({ header, rows, caption, decimals }: TableBlock): string {
  const odd = rows.findIndex((row) => row.length !== header.length);
  if (odd >= 0)
    throw new FacetError(
      'invalid',
      `row ${odd} of a table has ${rows[odd].length} cells; its header has ${header.length}`,
    );
  const classes = header.map((_, i) => (isNumeric(rows, i) ? ' class="number-cell"' : ''));
  const head = header.map((text, i) => `<th scope="col"${classes[i]}>${escapeHtml(text)}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => `<td${classes[i]}>${cellText(cell, decimals)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  const below = caption === undefined ? '' : `<caption>${escapeHtml(caption)}</caption>`;
  return `<div class="wide"><table>${below}<thead><tr>${head.join('')}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function isNumeric(rows: readonly (readonly Cell[])[], column: number): boolean {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => typeof cell === 'number');
}

function cellText(cell: Cell, decimals?: number): string {
  if (cell === null) return '\u2013';
  return escapeHtml(typeof cell === 'number' ? formatNumber(cell, decimals) : cell);
}
