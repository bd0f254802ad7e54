/** White space as Python's `str.strip` knows it; JavaScript's differs at both ends of Unicode. */
const SPACES = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

type TextFunction = (text: string, chars: string | undefined) => string;

/** Methods of texts that Python computes otherwise than the library; `chars` is what is to be stripped, white space where undefined. */
export const TEXT_METHODS: Readonly<Record<string, TextFunction>> = {
  strip: stripBoth,
  lstrip: stripStart,
  rstrip: stripEnd,
  capitalize,
  title: (text) => text.replace(/\p{L}+/gu, capitalize),
};

/** The same for filters. */
export const TEXT_FILTERS: Readonly<Record<string, TextFunction>> = {
  trim: stripBoth,
  capitalize,
  title: (text) => text.replace(/[^-\s({[<]+/gu, capitalize),
};

function capitalize(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

function stripBoth(text: string, chars: string | undefined): string {
  return stripStart(stripEnd(text, chars), chars);
}

function stripStart(text: string, chars: string | undefined): string {
  const [kept, isStripped] = [[...text], stripper(chars)];
  const first = kept.findIndex((char) => !isStripped(char));
  return first < 0 ? '' : kept.slice(first).join('');
}

function stripEnd(text: string, chars: string | undefined): string {
  const [kept, isStripped] = [[...text], stripper(chars)];
  return kept.slice(0, 1 + kept.findLastIndex((char) => !isStripped(char))).join('');
}

const SPACE = new RegExp(`^[${SPACES}]$`);

function stripper(chars: string | undefined): (char: string) => boolean {
  if (chars === undefined) return (char) => SPACE.test(char);
  const stripped = new Set(chars);
  return (char) => stripped.has(char);
}
