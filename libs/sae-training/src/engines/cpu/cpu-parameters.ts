import type { KernelMemory } from '@facet/kernels';
import type { Weights } from '../../weights/weights.ts';
import type { CpuSizes } from './cpu-plan.ts';
import type { Parameters } from './cpu-workspace.ts';

/** Words of all parameters. */
export function parameterLength({ width, d_sae, vectors }: CpuSizes): number {
  return 2 * d_sae * width + (1 + vectors.length) * d_sae + width;
}

/** Takes one run of memory for all parameters. */
export function parameterArrays(memory: KernelMemory, sizes: CpuSizes): Parameters {
  const { width, d_sae } = sizes;
  const all = memory.f32(parameterLength(sizes));
  let at = 0;
  const next = (length: number) => {
    at += length;
    return all.subarray(at - length, at);
  };
  const W_enc = next(d_sae * width);
  const W_dec = next(d_sae * width);
  const b_enc = next(d_sae);
  const vectors = Object.fromEntries(sizes.vectors.map((name) => [name, next(d_sae)]));
  return { all, W_enc, W_dec, b_enc, vectors, b_dec: next(width) };
}

/** Writes weights into padded rows; padding features get the bias −∞ and never fire. */
export function writeWeights(initial: Weights, parameters: Parameters, sizes: CpuSizes): void {
  const { d_in, features, width } = sizes;
  for (let i = 0; i < features; i++) {
    parameters.W_enc.set(initial.W_enc.subarray(i * d_in, (i + 1) * d_in), i * width);
    parameters.W_dec.set(initial.W_dec.subarray(i * d_in, (i + 1) * d_in), i * width);
  }
  parameters.b_enc.fill(Number.NEGATIVE_INFINITY);
  parameters.b_enc.set(initial.b_enc);
  parameters.b_dec.set(initial.b_dec);
  for (const name of sizes.vectors) parameters.vectors[name].set(initial.vectors?.[name] ?? []);
}

/** Copies weights out of padded rows. */
export function readWeights(
  parameters: Parameters,
  { d_in, d_sae, width }: { d_in: number; d_sae: number; width: number },
): Weights {
  const rows = (matrix: Float32Array): Float32Array => {
    const result = new Float32Array(d_sae * d_in);
    for (let i = 0; i < d_sae; i++) result.set(matrix.subarray(i * width, i * width + d_in), i * d_in);
    return result;
  };
  const vectors = Object.entries(parameters.vectors).map(([name, values]) => [name, values.slice(0, d_sae)]);
  return {
    W_enc: rows(parameters.W_enc),
    b_enc: parameters.b_enc.slice(0, d_sae),
    W_dec: rows(parameters.W_dec),
    b_dec: parameters.b_dec.slice(0, d_in),
    vectors: Object.fromEntries(vectors),
  };
}
