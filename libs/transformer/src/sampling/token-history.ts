import type { SamplingOptions } from './sampling-options.ts';

/** The tokens of one text so far, as penalties count them. */
export interface TokenHistory {
  /** Counts a generated token. */
  add(id: number): void;
  /**
   * Applies logit_bias, then repetition_penalty (Keskar et al. 2019 §4.1, negative logits multiplied as in Hugging Face), then
   * frequency_penalty and presence_penalty (OpenAI) to `logits` [d_vocab] in place.
   */
  adjust(logits: Float32Array): void;
}

/** Starts the history of a text whose penalties are these; undefined where nothing is ever changed. */
export function createTokenHistory(options: SamplingOptions, prompt: Int32Array): TokenHistory | undefined {
  const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0, logitBias = [] } = options;
  const isNeutral = repetitionPenalty === 1 && presencePenalty === 0 && frequencyPenalty === 0;
  if (isNeutral && logitBias.length === 0) return undefined;
  /** Token -> how often it was generated: 0 for tokens of the prompt. */
  const counts = new Map<number, number>(Array.from(prompt, (id) => [id, 0]));
  return {
    add(id) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
    },
    adjust(logits) {
      for (const { tokenId, bias } of logitBias) logits[tokenId]! += bias;
      if (isNeutral) return;
      for (const [id, count] of counts) {
        const logit = logits[id]!;
        const repeated = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
        logits[id] = repeated - frequencyPenalty * count - (count > 0 ? presencePenalty : 0);
      }
    },
  };
}
