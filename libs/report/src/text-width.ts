/** Widths of the printable ASCII characters (space to ~) in Helvetica, thousandths of the font size (Adobe font metrics). */
const ASCII_WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const OTHER_WIDTH = 600;
const WIDE_WIDTH = 1000;
/** Room for machines whose sans-serif is DejaVu Sans, whose text runs that much wider. */
const FALLBACK_FACTOR = 1.14;
/** Bold type runs wider: Helvetica Bold by a fourteenth, DejaVu Sans Bold by a seventh. */
const BOLD_FACTOR = 1.16;

/** Fonts of one set of widths, so that a layout made here holds where the figure is shown. */
export const FIGURE_FONT = 'Helvetica, Arial, Liberation Sans, sans-serif';

/** Estimates the width of a line of text, px: enough for any font of `FIGURE_FONT`, a seventh too much for the narrow ones. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  let thousandths = 0;
  for (const character of text) thousandths += characterWidth(character);
  return (thousandths / 1000) * fontSize * FALLBACK_FACTOR * (bold ? BOLD_FACTOR : 1);
}

function characterWidth(character: string): number {
  const known = ASCII_WIDTHS[character.codePointAt(0)! - 0x20];
  if (known !== undefined) return known;
  if (/\p{M}/u.test(character)) return 0;
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u.test(
    character,
  )
    ? WIDE_WIDTH
    : OTHER_WIDTH;
}
