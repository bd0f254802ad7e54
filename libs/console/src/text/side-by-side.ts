import type { Palette } from './palette.ts';
import { pad, textWidth, truncate } from './text-width.ts';

export interface Side {
  title: string;
  text: string;
}

/** Narrowest terminal that gets two columns; below it the texts stand one under the other. */
const MIN_COLUMNS = 60;
const GUTTER = ' │ ';

/** Writes two texts beside each other, wrapped at words, in at most `columns` columns. */
export function renderSideBySide(left: Side, right: Side, columns: number, palette: Palette): string {
  if (columns < MIN_COLUMNS) {
    return [left, right]
      .map((side) => `${palette.bold(side.title)}\n${wrap(side.text, columns).join('\n')}`)
      .join('\n\n');
  }
  const width = Math.floor((columns - GUTTER.length) / 2);
  const [first, second] = [wrap(left.text, width), wrap(right.text, width)];
  const lines = Array.from({ length: Math.max(first.length, second.length) }, (_, i) =>
    `${pad(first[i] ?? '', width)}${GUTTER}${second[i] ?? ''}`.trimEnd(),
  );
  const title = (side: Side) => palette.bold(pad(truncate(side.title, width), width));
  const rule = `${'─'.repeat(width)}─┼─${'─'.repeat(width)}`;
  return [`${title(left)}${GUTTER}${title(right)}`.trimEnd(), palette.dim(rule), ...lines].join('\n');
}

/** Breaks text into lines of at most `width` columns, at blanks where there are any; line breaks of the text are kept. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, width));
}

function wrapParagraph(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ').flatMap((text) => splitLong(text, width))) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function splitLong(word: string, width: number): string[] {
  if (textWidth(word) <= width) return [word];
  const parts: string[] = [''];
  for (const character of word) {
    if (textWidth(parts.at(-1)! + character) > width) parts.push('');
    parts[parts.length - 1] += character;
  }
  return parts;
}
