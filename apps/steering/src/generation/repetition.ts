/** Computes the share of the 3-grams of `tokens` that occurred before in them; 0 for fewer than 4 tokens. */
export function repetition(tokens: readonly number[]): number {
  if (tokens.length < 4) return 0;
  const trigrams = tokens.slice(2).map((token, i) => `${tokens[i]},${tokens[i + 1]},${token}`);
  return (trigrams.length - new Set(trigrams).size) / trigrams.length;
}
