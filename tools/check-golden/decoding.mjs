import { TOLERANCE, worstError } from './judgement.mjs';

/** Whether decoding with a cache gives the likeliest tokens of the truth. */
export async function checkGreedy(runtime, { token_ids, greedy_ids }) {
  const generation = await runtime.openGeneration({ batch: 1, maxTokens: greedy_ids.length });
  try {
    const ids = [...token_ids];
    let { logits } = await generation.step({ tokens: Int32Array.from(token_ids) });
    while (ids.length < greedy_ids.length) {
      ids.push(likeliest(logits));
      if (ids.length < greedy_ids.length)
        ({ logits } = await generation.step({ tokens: Int32Array.of(ids.at(-1)) }));
    }
    return ids.every((id, i) => id === greedy_ids[i]);
  } finally {
    await generation.close();
  }
}

function likeliest(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/**
 * Whether a text gives the same logits token by token, in chunks of 5, and in a batch beside a shorter text, as in one
 * pass. Where a model rotates long texts by other frequencies, the beginnings that are still short are not compared.
 */
export async function checkIncremental(runtime, tokens, whole) {
  const { d_vocab } = runtime.spec;
  const row = (logits, position) => logits.subarray(position * d_vocab, (position + 1) * d_vocab);
  const isNear = (logits, position) => worstError(logits, row(whole, position)) <= TOLERANCE;
  for (const chunk of [1, 5]) {
    const generation = await runtime.openGeneration({ batch: 1, maxTokens: tokens.length });
    try {
      for (let at = 0; at < tokens.length; at += chunk) {
        const part = tokens.slice(at, at + chunk);
        const step = await generation.step({ tokens: part });
        const end = at + part.length;
        if (isRotatedAlike(runtime, end, tokens.length) && !isNear(step.logits, end - 1)) return false;
      }
    } finally {
      await generation.close();
    }
  }
  const short = Math.max(1, Math.floor(tokens.length / 2));
  const batch = Int32Array.from([
    ...tokens.slice(0, short),
    ...new Array(tokens.length - short).fill(0),
    ...tokens,
  ]);
  const both = await runtime.forward({
    tokens: batch,
    batch: 2,
    lengths: [short, tokens.length],
    logits: 'last',
  });
  const alone = await runtime.forward({ tokens: tokens.slice(0, short), batch: 1, logits: 'last' });
  return (
    worstError(row(both.logits, 0), alone.logits) <= TOLERANCE &&
    isNear(row(both.logits, 1), tokens.length - 1)
  );
}

/** Whether the first `length` tokens of a text are rotated by the frequencies of the whole. */
function isRotatedAlike({ spec }, length, whole) {
  return spec.layers.every(
    ({ rotary }) => !rotary?.long || length > rotary.long.tokens === whole > rotary.long.tokens,
  );
}
