import type { Example } from '@facet/feature-index';
import type { Inference } from '../inference.ts';
import { TOKEN_TEXTS_PER_REQUEST } from '../limits.ts';

export interface TokenTextsQuestion {
  inference: Inference;
  model: string;
  examples: readonly (readonly Example[])[];
  signal: AbortSignal;
}

/** Asks for the texts of all tokens that occur in examples, each once. */
export async function readTokenTexts({
  inference,
  model,
  examples,
  signal,
}: TokenTextsQuestion): Promise<Map<number, string>> {
  const ids = new Set<number>();
  for (const { tokenIds } of examples.flat()) for (const id of tokenIds) ids.add(id);
  const sorted = Int32Array.from(ids).sort();
  const texts = new Map<number, string>();
  for (let start = 0; start < sorted.length; start += TOKEN_TEXTS_PER_REQUEST) {
    const part = sorted.subarray(start, start + TOKEN_TEXTS_PER_REQUEST);
    const found = await inference.tokenTexts(model, part, signal);
    for (const [i, id] of part.entries()) texts.set(id, found[i]!);
  }
  return texts;
}
