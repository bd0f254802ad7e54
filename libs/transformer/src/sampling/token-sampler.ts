import { klDivergence, logNormalizer } from './distributions.ts';
import { argmax, drawToken, type SamplingMemory } from './draw-token.ts';
import type { SamplingOptions } from './sampling-options.ts';
import { createRandom } from './sampling-random.ts';
import { strongest } from './strongest.ts';
import { createTokenHistory } from './token-history.ts';

/** How the tokens of one text are drawn. */
export interface SamplerRequest {
  options: SamplingOptions;
  /** Of the text's own stream of random numbers. */
  seed: bigint;
  /** Token ids that the text goes on from. */
  prompt: Int32Array;
}

/** A token that was drawn, and what the model thought of it: before bias and penalties, at temperature 1. */
export interface DrawnToken {
  id: number;
  /** Natural log of its probability among all tokens. */
  logprob: number;
  /** The likeliest tokens, lower id first among equals; as many as were asked for. */
  top: readonly TokenLogprob[];
  /** The comparison with the logits of another row, where there are any. */
  compared: { logprob: number; kl: number } | undefined;
}

export interface TokenLogprob {
  id: number;
  logprob: number;
}

/** Draws the tokens of one text, one after another: it holds the text's random numbers and the tokens so far. */
export interface TokenSampler {
  /**
   * Draws the next token from `logits` [d_vocab], which stay as they are; KL(other ‖ logits) and the drawn token's
   * log-probability there are measured where `other` [d_vocab] is given. Throws `invalid` for logits that are not finite.
   */
  draw(logits: Float32Array, other?: Float32Array): DrawnToken;
}

/** Creates the sampler of one text; `memory` may be shared by all texts of a thread. */
export function createTokenSampler(
  { options, seed, prompt }: SamplerRequest,
  memory: SamplingMemory,
): TokenSampler {
  const random = createRandom(seed);
  const history = createTokenHistory(options, prompt);
  const { topLogprobs = 0 } = options;
  return {
    draw(logits, other) {
      const best = argmax(logits);
      const normalizer = logNormalizer(logits, logits[best]!);
      const id = drawAdjusted(logits, best);
      history?.add(id);
      const top = strongest(logits, Math.min(topLogprobs, logits.length), 1);
      return {
        id,
        logprob: logits[id]! - normalizer,
        top: top.map((token) => ({ id: token.id, logprob: token.logit - normalizer })),
        compared: other === undefined ? undefined : compare(other, { logits, normalizer, id }),
      };
    },
  };

  function drawAdjusted(logits: Float32Array, best: number): number {
    if (history === undefined) return drawToken(logits, best, { options, random, memory });
    const { adjusted } = memory;
    adjusted.set(logits);
    history.adjust(adjusted);
    return drawToken(adjusted, argmax(adjusted), { options, random, memory });
  }
}

interface Drawn {
  logits: Float32Array;
  normalizer: number;
  id: number;
}

function compare(other: Float32Array, { logits, normalizer, id }: Drawn): { logprob: number; kl: number } {
  if (other === logits) return { logprob: logits[id]! - normalizer, kl: 0 };
  const otherNormalizer = logNormalizer(other, other[argmax(other)]!);
  const kl = klDivergence(other, logits, { p: otherNormalizer, q: normalizer });
  return { logprob: other[id]! - otherNormalizer, kl };
}
