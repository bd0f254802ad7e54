/** A finished figure: a standalone SVG document of `width` × `height` pixels, readable on its own and restyled by a report page. */
export interface Figure {
  title: string;
  /** One sentence for those who can't see the figure; it is the SVG's label. */
  description: string;
  svg: string;
  width: number;
  height: number;
}

/** What every figure can be told. */
export interface FigureOptions {
  title: string;
  /** @default a sentence made of the title, the axes and the names shown */
  description?: string;
  /** Width of the whole figure, px. @default 760 */
  width?: number;
}

/** A numeric axis. */
export interface Axis {
  label: string;
  /** `symlog` is linear around 0 and logarithmic beyond, for doses of both signs. @default 'linear' */
  scale?: 'linear' | 'log' | 'symlog';
  /** Base of a `log` axis. @default 10 */
  base?: number;
  /** Shown interval. @default the data's, with 0 on bar lengths */
  domain?: readonly [number, number];
  /** Exactly these ticks. */
  ticks?: readonly number[];
  /** How ticks read: 0.25 as 25 % with `percent`, 16000 as 16k with `short`. @default 'plain' */
  format?: 'plain' | 'percent' | 'short';
}

/** A labelled reference line at one value of x or of y. */
export interface Rule {
  x?: number;
  y?: number;
  label: string;
}

/** Width of a figure where none is asked for, px. */
export const DEFAULT_WIDTH = 760;
/** Height of a plot where none is asked for, px. */
export const DEFAULT_HEIGHT = 380;
