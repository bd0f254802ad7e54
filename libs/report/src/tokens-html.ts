import { FacetError } from '@facet/errors';
import type { TokenActivation, TokenExample, TokensBlock } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber } from './format-number.ts';

/** Opacity of the strongest token's colour: text stays readable on it. */
const FULL_OPACITY = 0.72;
/** Opacity of a token that fired at all: it is seen. */
const LEAST_OPACITY = 0.08;

/** Writes texts with their tokens coloured by activation: warm where positive, cold where negative. */
export function tokensHtml({ examples, caption, max }: TokensBlock): string {
  for (const [i, { tokens }] of examples.entries()) check(tokens, i);
  const strengths = examples.flatMap(({ tokens }) => tokens.map(({ activation }) => Math.abs(activation)));
  const full = max ?? strengths.reduce((most, one) => Math.max(most, one), 0);
  const below = caption === undefined ? '' : `<figcaption>${escapeHtml(caption)}</figcaption>`;
  return `<figure class="tokens">${examples.map((example) => exampleHtml(example, full)).join('\n')}${below}</figure>`;
}

function check(tokens: readonly TokenActivation[], example: number): void {
  if (tokens.length === 0) throw new FacetError('invalid', `token example ${example} is empty; leave it out`);
  const bad = tokens.findIndex(({ activation }) => !Number.isFinite(activation));
  if (bad >= 0)
    throw new FacetError(
      'invalid',
      `token ${bad} of example ${example} has the activation ${tokens[bad].activation}; it must be finite`,
    );
}

function exampleHtml({ tokens, value, tag, truth }: TokenExample, full: number): string {
  const shown = value ?? tokens.reduce((most, { activation }) => Math.max(most, activation), -Infinity);
  const kind = truth === undefined ? '' : ` ${truth}`;
  const mark = truth === undefined ? '' : truth ? '✓ ' : '✗ ';
  const remark = tag === undefined ? '' : `<span class="tag${kind}">${mark}${escapeHtml(tag)}</span>`;
  const passage = tokens.map((token) => tokenHtml(token, full)).join('');
  return `<div class="example"><div class="meter"><b>${formatNumber(shown)}</b>${remark}</div><div class="passage">${passage}</div></div>`;
}

function tokenHtml({ text, activation, concept }: TokenActivation, full: number): string {
  const classes = ['token', ...(activation < 0 ? ['cold'] : []), ...(concept ? ['concept'] : [])].join(' ');
  const opacity = opacityOf(activation, full);
  const style = opacity === 0 ? '' : ` style="--a:${opacity.toFixed(3)}"`;
  const title = `${text}: ${formatNumber(activation)}${concept ? ' (concept)' : ''}`;
  return `<span class="${classes}"${style} title="${escapeHtml(title)}">${visible(text)}</span>`;
}

function opacityOf(activation: number, full: number): number {
  if (activation === 0 || full === 0) return 0;
  const share = Math.min(1, Math.abs(activation) / full);
  return LEAST_OPACITY + (FULL_OPACITY - LEAST_OPACITY) * share;
}

/** Shows line ends as a sign and as what they are. */
function visible(text: string): string {
  return escapeHtml(text).replaceAll('\n', '<span class="newline">↵</span>\n');
}
