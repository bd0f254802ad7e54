import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;
const NARROW = /^[\u0020-\u02ff]*$/;
const MARK = /^\p{Mark}$/u;

/** Columns that `text` takes in a terminal; escape sequences and combining marks take none, wide characters two. */
export function textWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (NARROW.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Adds blanks up to `width` columns, on the right or, for numbers, on the left. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

/** Shortens plain text to `width` columns, with an ellipsis where something is left out. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (textWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Makes text from models and corpora safe to print: line breaks become visible, control characters lose their power. */
export function printable(text: string): string {
  return text
    .replaceAll('\r\n', '↵')
    .replaceAll('\n', '↵')
    .replaceAll(/\p{Cc}/gu, '�');
}

/** Like `printable`, with line breaks kept. */
export function printableLines(text: string): string {
  return text.replaceAll('\r\n', '\n').split('\n').map(printable).join('\n');
}
