import { FacetError } from '@facet/errors';

/** Most texts of one side of a contrast, as FindFeatures takes them. */
export const MAX_TEXTS = 256;

/** Splits `a|b` into texts, `\|` being a literal bar; several options add up. Empty texts are refused. */
export function parseTexts(options: readonly string[], option: string): string[] {
  const texts = options.flatMap(splitAtBars).map((text) => text.trim());
  if (texts.length === 0 || texts.some((text) => text === '')) {
    throw new FacetError(
      'invalid',
      `${option} ${JSON.stringify(options.join('|'))} has an empty text; write one or more texts as "a|b"`,
    );
  }
  if (texts.length > MAX_TEXTS) {
    throw new FacetError('invalid', `${option} has ${texts.length} texts; give at most ${MAX_TEXTS}`);
  }
  return texts;
}

function splitAtBars(text: string): string[] {
  return text.split(/(?<!\\)\|/).map((part) => part.replaceAll('\\|', '|'));
}
