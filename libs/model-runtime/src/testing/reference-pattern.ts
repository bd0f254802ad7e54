import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSafetensors } from '@facet/tensor';
import { loadModelDirectory, type ModelDirectory, type Norm, type RotarySpec } from '@facet/transformer';

/** What the heads of one layer read of a text of T tokens, as hook points give it: rows [T, heads · d_head]. */
export interface HeadRows {
  q: ArrayLike<number>;
  k: ArrayLike<number>;
  v: ArrayLike<number>;
}

/** Attention in float64, loop by loop, from queries, keys and values before their norms and rotation. */
export interface ReferenceAttention {
  /** softmax(scores) [T, n_heads, T], by query, head and key. */
  pattern(layer: number, rows: HeadRows): Float64Array;
  /** What the heads make of the values with a pattern: [T, n_heads · d_head]. */
  weigh(pattern: ArrayLike<number>, rows: HeadRows): Float64Array;
}

/** Reads the norms of heads of a model directory and returns its attention. */
export async function openReferenceAttention(directory: string): Promise<ReferenceAttention> {
  const model = await loadModelDirectory(directory);
  const { spec } = model;
  const { n_heads, n_kv_heads, d_head, layers, scoreCap } = spec;
  const norms = await Promise.all(
    model.weights.blocks.map(async ({ attention: { qNorm, kNorm } }) => ({
      q: await readNorm(model, qNorm),
      k: await readNorm(model, kNorm),
    })),
  );
  const dot = (a: Float64Array, aStart: number, b: Float64Array, bStart: number) => {
    let sum = 0;
    for (let e = 0; e < d_head; e++) sum += a[aStart + e]! * b[bStart + e]!;
    return sum;
  };
  const keyHead = (head: number) => Math.floor(head / (n_heads / n_kv_heads));
  return {
    pattern(layer, rows) {
      const T = rows.q.length / (n_heads * d_head);
      const { scale, window, rotary } = layers[layer]!;
      const prepare = (x: ArrayLike<number>, heads: number, norm: Float64Array | undefined) => {
        const exact = Float64Array.from(x);
        return rotated(rotary, { heads, d_head }, norm ? normed(exact, norm, spec.norm.epsilon) : exact);
      };
      const q = prepare(rows.q, n_heads, norms[layer]!.q);
      const k = prepare(rows.k, n_kv_heads, norms[layer]!.k);
      const pattern = new Float64Array(T * n_heads * T);
      for (let row = 0; row < T * n_heads; row++) {
        const i = Math.floor(row / n_heads);
        const first = Math.max(0, window === null ? 0 : i - window + 1);
        const weights = Array.from({ length: i + 1 - first }, (_, at) => {
          const key = (first + at) * n_kv_heads + keyHead(row % n_heads);
          const score = scale * dot(q, row * d_head, k, key * d_head);
          return Math.exp(scoreCap === null ? score : scoreCap * Math.tanh(score / scoreCap));
        });
        const sum = weights.reduce((a, b) => a + b, 0);
        pattern.set(
          weights.map((weight) => weight / sum),
          row * T + first,
        );
      }
      return pattern;
    },
    weigh(pattern, { v }) {
      const T = v.length / (n_kv_heads * d_head);
      const z = new Float64Array(T * n_heads * d_head);
      for (let row = 0; row < T * n_heads; row++)
        for (let j = 0; j < T; j++)
          for (let e = 0; e < d_head; e++)
            z[row * d_head + e]! +=
              pattern[row * T + j]! * v[(j * n_kv_heads + keyHead(row % n_heads)) * d_head + e]!;
      return z;
    },
  };
}

async function readNorm({ weightFolder, spec }: ModelDirectory, norm: Norm | undefined) {
  if (norm === undefined) return undefined;
  const { file, name } = norm.weight;
  const view = parseSafetensors(new Uint8Array(await readFile(join(weightFolder, file))), file);
  return Float64Array.from(view.f32(name), (value) => value + spec.norm.offset);
}

/** RMSNorm of as many floats at once as there are weights. */
function normed(x: Float64Array, weight: Float64Array, epsilon: number): Float64Array {
  const width = weight.length;
  return x.map((value, at) => {
    const start = at - (at % width);
    let squares = 0;
    for (let e = 0; e < width; e++) squares += x[start + e]! ** 2;
    return (value / Math.sqrt(squares / width + epsilon)) * weight[at % width]!;
  });
}

/** Rotates floats e and e + dim/2 of every head by position · frequency. */
function rotated(
  rotary: RotarySpec | null,
  { heads, d_head }: { heads: number; d_head: number },
  x: Float64Array,
): Float64Array {
  if (rotary === null) return x;
  const { dim, amplitude, long } = rotary;
  const T = x.length / (heads * d_head);
  const frequencies = long !== undefined && T > long.tokens ? long.frequencies : rotary.frequencies;
  const y = x.slice();
  for (let row = 0; row < T * heads; row++)
    for (let e = 0; e < dim / 2; e++) {
      const angle = Math.floor(row / heads) * frequencies[e]!;
      const [cos, sin] = [amplitude * Math.cos(angle), amplitude * Math.sin(angle)];
      const [a, b] = [row * d_head + e, row * d_head + e + dim / 2];
      y[a] = x[a]! * cos - x[b]! * sin;
      y[b] = x[b]! * cos + x[a]! * sin;
    }
  return y;
}
