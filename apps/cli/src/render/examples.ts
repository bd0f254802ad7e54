import { formatValue, type Palette, pad, printable, textWidth } from '@facet/console';
import type { ExampleToken, FeatureExample } from '@facet/contracts';

/** Marks around the strongest token; they carry it where colours do not. */
const PEAK_OPEN = '«';
const PEAK_CLOSE = '»';

export interface ExampleStyle {
  palette: Palette;
  /** Columns that a line may take. */
  columns: number;
}

/** Writes examples, one a line: the activation, then the tokens with the peak marked and the others by their heat. */
export function renderExamples(examples: readonly FeatureExample[], style: ExampleStyle): string {
  const strengths = examples.map((example) => formatValue(example.activation));
  const width = Math.max(0, ...strengths.map(textWidth));
  return examples
    .map((example, i) => {
      const room = Math.max(20, style.columns - width - 4);
      return `  ${style.palette.dim(pad(strengths[i]!, width, 'right'))}  ${renderTokens(example, room, style.palette)}`;
    })
    .join('\n');
}

/** Writes the tokens of one example around its peak in at most `room` columns. */
export function renderTokens(example: FeatureExample, room: number, palette: Palette): string {
  const texts = example.tokens.map((token, i) => visibleToken(token, i === example.peak));
  const { start, end } = windowAround(texts.map(textWidth), example.peak, room - 2);
  const shown = example.tokens.slice(start, end).map((token, i) => {
    const text = texts[start + i]!;
    return paint(text, token, { isPeak: start + i === example.peak, max: example.activation, palette });
  });
  return `${start > 0 ? '…' : ''}${shown.join('')}${end < texts.length ? '…' : ''}`;
}

function visibleToken(token: ExampleToken, isPeak: boolean): string {
  const text = printable(token.text);
  if (!isPeak) return text;
  const word = text.trimStart();
  return `${text.slice(0, text.length - word.length)}${PEAK_OPEN}${word}${PEAK_CLOSE}`;
}

interface Paint {
  isPeak: boolean;
  max: number;
  palette: Palette;
}

function paint(text: string, token: ExampleToken, { isPeak, max, palette }: Paint): string {
  if (isPeak) return palette.bold(palette.heat(text, 1));
  return token.activation > 0 && max > 0 ? palette.heat(text, token.activation / max) : text;
}

/** The longest run of tokens around `peak` that fits `room`, grown evenly: the left side gets what the right leaves. */
function windowAround(widths: readonly number[], peak: number, room: number): { start: number; end: number } {
  let start = peak;
  let end = Math.min(peak + 1, widths.length);
  let used = widths[peak] ?? 0;
  for (let grown = true; grown; ) {
    grown = false;
    if (start > 0 && used + widths[start - 1]! <= room) {
      start -= 1;
      used += widths[start]!;
      grown = true;
    }
    if (end < widths.length && used + widths[end]! <= room) {
      used += widths[end]!;
      end += 1;
      grown = true;
    }
  }
  return { start, end };
}
