import type {
  Block,
  CodeBlock,
  ExchangeBlock,
  FactsBlock,
  FigureBlock,
  HeadingBlock,
  TextBlock,
} from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber } from './format-number.ts';
import { tableHtml } from './table-html.ts';
import { tokensHtml } from './tokens-html.ts';

/** Writes one block of a report as HTML. */
export function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'text':
      return textHtml(block);
    case 'heading':
      return headingHtml(block);
    case 'facts':
      return factsHtml(block);
    case 'figure':
      return figureHtml(block);
    case 'table':
      return tableHtml(block);
    case 'exchange':
      return exchangeHtml(block);
    case 'tokens':
      return tokensHtml(block);
    case 'code':
      return codeHtml(block);
  }
}

function textHtml({ paragraphs }: TextBlock): string {
  return paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n');
}

function headingHtml({ text }: HeadingBlock): string {
  return `<h3>${escapeHtml(text)}</h3>`;
}

function factsHtml({ facts }: FactsBlock): string {
  const items = facts.map(({ label, value, note }) => {
    const shown = typeof value === 'number' ? formatNumber(value) : value;
    const remark = note === undefined ? '' : `<dd class="note">${escapeHtml(note)}</dd>`;
    return `<div class="fact"><dt>${escapeHtml(label)}</dt><dd class="number">${escapeHtml(shown)}</dd>${remark}</div>`;
  });
  return `<dl class="facts">${items.join('')}</dl>`;
}

function figureHtml({ figure, caption }: FigureBlock): string {
  return `<figure>${figure.svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function exchangeHtml(block: ExchangeBlock): string {
  const { prompt, defaultText, steeredText, defaultLabel = 'Default', steeredLabel = 'Steered' } = block;
  return `<div class="exchange" role="group" aria-label="Exchange">
<p class="bubble prompt">${escapeHtml(prompt)}</p>
<div><p class="who">${escapeHtml(defaultLabel)}</p><p class="bubble answer">${escapeHtml(defaultText)}</p></div>
<div><p class="who">${escapeHtml(steeredLabel)}</p><p class="bubble answer steered">${escapeHtml(steeredText)}</p></div>
</div>`;
}

function codeHtml({ code }: CodeBlock): string {
  return `<pre><code>${escapeHtml(code)}</code></pre>`;
}
