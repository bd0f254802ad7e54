import { formatCount, formatValue, pad, textWidth } from '@facet/console';
import type { ActivationHistogram } from '@facet/contracts';

const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
/** Longest bar in columns. */
const MAX_BAR = 50;

/** Writes a histogram as horizontal bars, one bin a line; empty bins at both ends are left out. */
export function renderHistogram({ edges, counts }: ActivationHistogram, columns: number): string {
  const numbers = counts.map(Number);
  const first = numbers.findIndex((count) => count > 0);
  if (first < 0) return '';
  const last = numbers.findLastIndex((count) => count > 0);
  const bins = numbers.slice(first, last + 1).map((count, i) => ({
    label: `${formatValue(edges[first + i]!)} to ${formatValue(edges[first + i + 1]!)}`,
    count,
  }));
  const labelWidth = Math.max(...bins.map(({ label }) => textWidth(label)));
  const countWidth = Math.max(...bins.map(({ count }) => formatCount(count).length));
  const room = Math.max(5, Math.min(MAX_BAR, columns - labelWidth - countWidth - 4));
  const largest = Math.max(...numbers);
  return bins
    .map(({ label, count }) => {
      const head = `${pad(label, labelWidth, 'right')}  ${pad(formatCount(count), countWidth, 'right')}`;
      return `${head}  ${bar((count / largest) * room)}`.trimEnd();
    })
    .join('\n');
}

function bar(length: number): string {
  const eighths = Math.round(length * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + BLOCKS[eighths % 8];
}
