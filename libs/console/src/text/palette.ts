/** Puts text into a style; the plain palette gives it back as it is. */
export type Style = (text: string) => string;

export interface Palette {
  readonly enabled: boolean;
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
  readonly inverse: Style;
  /** Background whose strength grows with `share`, 0 to 1. */
  readonly heat: (text: string, share: number) => string;
}

/** Steps of the 256-colour background of a heat, weakest first: dark to bright orange. */
const HEAT_COLORS = [58, 94, 130, 166, 202] as const;

/** Makes the palette; a disabled one writes no escape sequence at all. */
export function createPalette(enabled: boolean): Palette {
  const style =
    (open: number | string, close: number): Style =>
    (text) =>
      enabled && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    enabled,
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
    inverse: style(7, 27),
    heat: (text, share) => {
      const step = Math.min(HEAT_COLORS.length - 1, Math.max(0, Math.floor(share * HEAT_COLORS.length)));
      return style(`48;5;${HEAT_COLORS[step]}`, 49)(text);
    },
  };
}

/** Whether a stream gets colours: NO_COLOR forbids (no-color.org), FORCE_COLOR demands, else only terminals do. */
export function wantsColor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0') return true;
  return isTerminal && env.TERM !== 'dumb';
}
