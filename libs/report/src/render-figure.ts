import { createHash } from 'node:crypto';
import { FacetError } from '@facet/errors';
import type { LoggerInterface, View as VegaView } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { escapeHtml, printable } from './escape.ts';
import { DEFAULT_WIDTH, type Figure, type FigureOptions } from './figure.ts';
import { textWidth } from './text-width.ts';
import { THEME, TITLE_SIZE } from './theme.ts';

/** Free space around a figure, px. */
const PADDING = { left: 4, right: 12, top: 6, bottom: 6 };

/** A Vega specification's marks, as far as they are touched here. */
export interface CompiledSpec {
  marks?: { name?: string; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** What a figure's module hands over to be drawn. */
export interface Drawing {
  spec: object;
  /** The sentence used where the caller gives none. */
  description: string;
  /** Room between the plot and the legend above it, px. */
  legendOffset?: number;
  /** Room right of the plot for what stands there, px. */
  endSpace?: number;
  /** Adds to the compiled Vega specification what Vega-Lite has no words for. */
  adapt?: (spec: CompiledSpec) => void;
}

/** Draws a Vega-Lite specification as a standalone SVG, without a DOM and without reading anything. */
export async function renderFigure(options: FigureOptions, drawing: Drawing): Promise<Figure> {
  const { vega, vegaLite } = await loadVega();
  const width = options.width ?? DEFAULT_WIDTH;
  const title = printable(options.title);
  const description = printable(options.description ?? `${title}. ${drawing.description}`);
  const spec = {
    ...drawing.spec,
    title: { text: wrapText(title, width - PADDING.left - PADDING.right, TITLE_SIZE) },
    padding: { ...PADDING, right: drawing.endSpace ?? PADDING.right },
    config: { ...THEME, legend: { ...THEME.legend, offset: drawing.legendOffset ?? THEME.legend?.offset } },
  };
  const compiled = vegaLite.compile(spec as TopLevelSpec, { logger: strictLogger(title) }).spec;
  drawing.adapt?.(compiled as unknown as CompiledSpec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: strictLogger(title) });
  try {
    return finish(await svgOf(view), title, description);
  } finally {
    view.finalize();
  }
}

async function svgOf(view: VegaView): Promise<string> {
  await view.runAsync();
  return view.toSVG();
}

/** Vega reports what it leaves out, and even failures, to a log; here nothing is left out in silence. */
function strictLogger(title: string): LoggerInterface {
  const refuse = (...messages: unknown[]): never => {
    throw new FacetError('invalid', `figure "${title}" cannot be drawn: ${messages.map(String).join(' ')}`);
  };
  const ignore = () => logger;
  const logger = { level: () => logger, error: refuse, warn: refuse, info: ignore, debug: ignore };
  return logger as unknown as LoggerInterface;
}

/** Loads the plotting library at the first figure (a third of a second), and teaches it the widths of letters. */
async function loadVega() {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { textMetrics } = vega as unknown as { textMetrics: { width: typeof itemWidth } };
  textMetrics.width = itemWidth;
  return { vega, vegaLite };
}

function itemWidth(item: { fontSize?: number; fontWeight?: string | number }, text: unknown): number {
  const bold = item.fontWeight === 'bold' || Number(item.fontWeight) >= 600;
  return text === null || text === undefined ? 0 : textWidth(String(text), item.fontSize ?? 11, bold);
}

/** Breaks a line of text where it would become wider than `limit` px. */
export function wrapText(text: string, limit: number, fontSize: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, fontSize, true) > limit) lines.push(word);
    else lines.splice(-1, 1, longer);
  }
  return lines;
}

function finish(rendered: string, title: string, description: string): Figure {
  const size = /^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"/.exec(rendered)!;
  const label = `role="img" aria-label="${escapeHtml(description)}"`;
  const prefix = `f${createHash('sha256').update(rendered).digest('hex').slice(0, 10)}-`;
  const svg = withHoverTitles(rendered)
    .replace(/<[^>]+>/g, (tag) => tidyTag(tag, prefix))
    .replace(/^<svg /, `<svg ${label} `);
  return { title, description, svg, width: Number(size[1]), height: Number(size[2]) };
}

/** Turns the description of each mark into a title that shows on hover. */
function withHoverTitles(svg: string): string {
  return svg.replace(
    /<(path|line|rect|text) aria-label="([^"]*)" role="graphics-symbol"([^>]*?)(?:\/>|><\/\1>)/g,
    '<$1$3><title>$2</title></$1>',
  );
}

/** Drops roles (the figure as a whole has one), rounds coordinates, and names clip paths and gradients apart from those of other figures. */
function tidyTag(tag: string, idPrefix: string): string {
  return tag
    .replace(/ (?:aria-[a-z]+|role)="[^"]*"/g, '')
    .replace(/ id="/g, ` id="${idPrefix}`)
    .replace(/url\(#/g, `url(#${idPrefix}`)
    .replace(/ (?:d|transform|[xy][12]?|width|height)="[^"]*"/g, roundNumbers);
}

function roundNumbers(attribute: string): string {
  return attribute.replace(/\d+\.\d{3,}(?!\d*e)/g, (number) => String(Number(Number(number).toFixed(2))));
}
