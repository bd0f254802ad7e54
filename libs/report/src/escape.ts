const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\u2028': '&#x2028;',
  '\u2029': '&#x2029;',
};

/** First of the 32 characters that picture the control characters (U+2400 ␀ to U+241F ␟). */
const CONTROL_PICTURES = 0x2400;

/** Writes any string as HTML text or as a quoted attribute's value. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'\u2028\u2029]/g, (character) => ENTITIES[character]);
}

/** Replaces what neither XML nor a reader can take: control characters by their pictures, lone surrogates by U+FFFD. */
export function printable(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replace(/\p{Cc}/gu, (character) => picture(character));
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n' || character === '\t') return character;
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(CONTROL_PICTURES + code) : '\uFFFD';
}
