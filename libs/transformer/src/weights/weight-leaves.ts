import type { BlockWeights, Linear, ModelWeights, Norm, Weight } from './model-weights.ts';

/** Every weight that graphs refer to, each once, in the order of computation. */
export function leavesOf(weights: ModelWeights): Weight[] {
  const found = new Map<string, Weight>();
  replaceLeaves(weights, (weight) => {
    found.set(weight.name, weight);
    return weight;
  });
  return [...found.values()];
}

/** The same weights with every leaf replaced. */
export function replaceLeaves(weights: ModelWeights, replace: (weight: Weight) => Weight): ModelWeights {
  const norm = ({ weight, bias }: Norm): Norm => ({
    weight: replace(weight),
    ...(bias === undefined ? {} : { bias: replace(bias) }),
  });
  const linear = (one: Linear): Linear => ({ ...norm(one), isTransposed: one.isTransposed });
  const block = ({ norms, attention, mlp }: BlockWeights): BlockWeights => {
    const { qkv, out, qNorm, kNorm } = attention;
    const named = Object.entries(norms).map(([name, one]) => [name, norm(one)]);
    return {
      norms: Object.fromEntries(named),
      attention: {
        qkv:
          'q' in qkv
            ? { q: linear(qkv.q), k: linear(qkv.k), v: linear(qkv.v) }
            : { fused: linear(qkv.fused), order: qkv.order },
        out: linear(out),
        ...(qNorm === undefined ? {} : { qNorm: norm(qNorm) }),
        ...(kNorm === undefined ? {} : { kNorm: norm(kNorm) }),
      },
      mlp: {
        up: linear(mlp.up),
        down: linear(mlp.down),
        ...(mlp.gate === undefined ? {} : { gate: linear(mlp.gate) }),
      },
    };
  };
  return {
    embedding: replace(weights.embedding),
    ...(weights.positions === undefined ? {} : { positions: replace(weights.positions) }),
    unembedding: linear(weights.unembedding),
    finalNorm: norm(weights.finalNorm),
    blocks: weights.blocks.map(block),
  };
}
