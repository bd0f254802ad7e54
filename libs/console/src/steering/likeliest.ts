import type { SteeredToken } from '@facet/contracts';
import type { Palette } from '../text/palette.ts';
import { formatShare } from '../text/quantities.ts';
import { type Column, renderTable } from '../text/table.ts';
import { printable } from '../text/text-width.ts';

/** Writes the likeliest tokens at each of the first `limit` generated positions with their probabilities; empty where none were asked for. */
export function renderLikeliest(tokens: readonly SteeredToken[], limit: number, palette: Palette): string {
  const rows = tokens.filter(({ topLogprobs }) => topLogprobs.length > 0).slice(0, limit);
  const [first] = rows;
  if (first === undefined) return '';
  const columns: Column<SteeredToken>[] = [
    { title: 'position', cell: ({ position }) => String(position), align: 'right' },
    { title: 'drawn', cell: ({ text, logprob }) => entry(text, logprob) },
    ...first.topLogprobs.map((_, place) => ({
      title: place === 0 ? 'likeliest' : '',
      cell: ({ topLogprobs }: SteeredToken) => {
        const top = topLogprobs[place];
        return top === undefined ? '' : entry(top.text, top.logprob);
      },
    })),
  ];
  return renderTable(rows, columns, palette);
}

function entry(text: string, logprob: number): string {
  return `${JSON.stringify(printable(text))} ${formatShare(Math.exp(logprob))}`;
}
