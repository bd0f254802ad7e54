/** Most characters of a caller's text that one message repeats. */
export const MAX_QUOTED_CHARS = 200;

const LONE_SURROGATE = /\p{Surrogate}/gu;
const HIGH_SURROGATE = /[\uD800-\uDBFF]$/;

/**
 * Quotes a caller's text for a message: in double quotes with JSON's escapes, at most 200 characters (UTF-16 units),
 * never half a character.
 */
export function quote(text: string): string {
  return JSON.stringify(cutText(text, MAX_QUOTED_CHARS));
}

/** Quotes a value of a caller's JSON for a message, as JSON, at most 200 characters. */
export function quoteJson(value: unknown): string {
  return cutText(JSON.stringify(value) ?? 'undefined', MAX_QUOTED_CHARS);
}

/** Cuts a text to at most `maxChars` UTF-16 units, `…` included where it was cut, and makes it well-formed. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return wellFormed(text);
  const start = text.slice(0, Math.max(0, maxChars - 1)).replace(HIGH_SURROGATE, '');
  return `${wellFormed(start)}…`;
}

/** Replaces halves of surrogate pairs that stand alone by U+FFFD: encodeURI throws at them, UTF-8 has no form for them. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, '\uFFFD');
}
