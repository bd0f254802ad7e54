/** A sign with the space before it, as a character class that reads the same in JavaScript and in `tokenizer.json`. */
export const SIGN_PATTERN = ' ?[☀-➿🌀-🫿]';
/**
 * Digits stand alone, so that numbers share no tokens with each other beyond their digits; Han characters too: without spaces, merges
 * would run across words, and a name would be other tokens in every sentence. Signs stand alone so that one is the same token in every
 * language, whatever mark follows. Numerals of every script are digits here (☀-➿ has some), as they are to `Digits`.
 */
const SIGN = `(?! ?\\p{N})${SIGN_PATTERN}`;
const ALONE = new RegExp(`${SIGN}|\\p{N}|\\p{Script=Han}|(?:(?!${SIGN})[^\\p{N}\\p{Script=Han}])+`, 'gu');
/** GPT-2's words: contractions, letters, numbers, marks with one space before them, and runs of spaces. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Splits `text` into the pieces that merges stay inside; joined, they are the text again. */
export function preTokens(text: string): string[] {
  const pieces = text.match(ALONE) ?? [];
  return pieces.length === 1 ? words(text) : pieces.flatMap(words);
}

function words(piece: string): string[] {
  return piece.match(WORDS) ?? [];
}

const BYTES = 256;

/** The printable character that stands for each byte in `tokenizer.json` (GPT-2's table). */
export const BYTE_NAMES: readonly string[] = createByteNames();

function createByteNames(): string[] {
  const isPrintable = (byte: number) =>
    (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
  let next = BYTES;
  return Array.from({ length: BYTES }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}
