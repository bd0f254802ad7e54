import { FacetError } from '@facet/errors';
import type { DType } from '@facet/tensor';
import type { ModelSpec, NormSpec } from '../config/model-spec.ts';
import type { Linear, ModelWeights, Norm, Weight } from './model-weights.ts';

/**
 * The tensors of a checkpoint by name. What is taken is checked against the shape that the config implies: a missing one
 * or a wrong shape is `invalid` and named with both shapes, and nothing may be left over.
 */
export interface TensorSource {
  has(name: string): boolean;
  /** The same tensors, with `prefix` before every name. */
  under(prefix: string): TensorSource;
  take(name: string, shape: readonly number[]): Weight;
  /** `name`.weight [out, in], or [in, out] where `stored` says so, and `name`.bias [out]. */
  linear(name: string, shape: readonly [number, number], options?: LinearOptions): Linear;
  /** Parts of one `name`.weight [Σ heights, width], each some of its rows. */
  rows(name: string, heights: readonly number[], width: number): Linear[];
  /** `name`.weight [width], and `name`.bias [width] of a LayerNorm. */
  norm(name: string, width: number, kind: NormSpec['kind']): Norm;
  /** The embedding and the unembedding: one matrix where they are tied, stored under either name. */
  vocabulary(
    spec: ModelSpec,
    names: { embedding: string; head: string; headBias?: boolean },
  ): Pick<ModelWeights, 'embedding' | 'unembedding' | 'spareHead'>;
  /** Refuses tensors that nobody took, but for the `unused`: the numbers would be wrong without a word. */
  requireAllTaken(isUnused: (name: string) => boolean): void;
}

export interface LinearOptions {
  /** @default false */
  bias?: boolean | undefined;
  /** @default [out, in] */
  stored?: 'in-out';
}

const SUPPORTED_DTYPES: readonly DType[] = ['F32', 'F16', 'BF16'];

/** Opens the tensors of the checkpoint at `source` for taking. */
export function createTensorSource(tensors: ReadonlyMap<string, Weight>, source: string): TensorSource {
  const taken = new Set<string>();
  return createSource({ tensors, source, taken, prefix: '' });
}

interface Checkpoint {
  tensors: ReadonlyMap<string, Weight>;
  source: string;
  taken: Set<string>;
  prefix: string;
}

function createSource(checkpoint: Checkpoint): TensorSource {
  const { tensors, source, taken, prefix } = checkpoint;
  const take: TensorSource['take'] = (name, shape) => {
    taken.add(prefix + name);
    return requireWeight(checkpoint, prefix + name, shape);
  };
  const biasOf = (name: string, width: number, isThere = false) =>
    isThere ? { bias: take(`${name}.bias`, [width]) } : {};
  const linear: TensorSource['linear'] = (name, [out, width], { bias, stored } = {}) => {
    const shape = stored === 'in-out' ? [width, out] : [out, width];
    const weight = take(`${name}.weight`, shape);
    return { weight, ...biasOf(name, out, bias), isTransposed: stored === 'in-out' };
  };
  return {
    has: (name) => tensors.has(prefix + name),
    under: (below) => createSource({ ...checkpoint, prefix: prefix + below }),
    take,
    linear,
    rows(name, heights, width) {
      const whole = take(`${name}.weight`, [heights.reduce((sum, height) => sum + height, 0), width]);
      let from = 0;
      return heights.map((height) => {
        const weight = rowsOf(whole, from, from + height);
        from += height;
        return { weight, isTransposed: false };
      });
    },
    norm: (name, width, kind) => ({
      weight: take(`${name}.weight`, [width]),
      ...biasOf(name, width, kind === 'layer'),
    }),
    vocabulary({ d_vocab, d_model, tiedEmbeddings }, { embedding, head, headBias }) {
      const shape = [d_vocab, d_model];
      const isStored = (name: string) => tensors.has(`${prefix}${name}.weight`);
      if (!tiedEmbeddings)
        return {
          embedding: take(`${embedding}.weight`, shape),
          unembedding: linear(head, [d_vocab, d_model], { bias: headBias }),
        };
      const one = take(`${isStored(embedding) || !isStored(head) ? embedding : head}.weight`, shape);
      if (isStored(embedding)) taken.add(`${prefix}${head}.weight`);
      const spareHead = isStored(embedding) ? tensors.get(`${prefix}${head}.weight`) : undefined;
      const spare = spareHead === undefined ? {} : { spareHead };
      // transformers ties the matrix alone: a bias of the head stays what is stored, or zero.
      const bias = biasOf(head, d_vocab, headBias === true && tensors.has(`${prefix}${head}.bias`));
      return { embedding: one, unembedding: { weight: one, ...bias, isTransposed: false }, ...spare };
    },
    requireAllTaken(isUnused) {
      for (const name of tensors.keys())
        if (!taken.has(name) && !isUnused(name))
          throw new FacetError(
            'unimplemented',
            `${source} stores ${name}, which this model type does not use here; correct model_type or delete the tensor`,
            { reason: 'WEIGHT_UNKNOWN' },
          );
    },
  };
}

/** Rows [from, to) of a matrix, where they lie. */
function rowsOf(weight: Weight, from: number, to: number): Weight {
  const [height, width] = weight.shape as [number, number];
  const bytes = weight.byteLength / height;
  return {
    ...weight,
    name: `${weight.name}[${from}:${to}]`,
    shape: [to - from, width],
    byteOffset: weight.byteOffset + from * bytes,
    byteLength: (to - from) * bytes,
  };
}

function requireWeight({ tensors, source }: Checkpoint, name: string, shape: readonly number[]): Weight {
  const weight = tensors.get(name);
  if (weight === undefined)
    throw new FacetError('invalid', `${source} has no tensor ${name} [${shape.join(', ')}]`, {
      reason: 'WEIGHT_MISSING',
    });
  if (weight.shape.length !== shape.length || weight.shape.some((extent, i) => extent !== shape[i]))
    throw new FacetError(
      'invalid',
      `${source} stores ${name} as [${weight.shape.join(', ')}]; config.json expects [${shape.join(', ')}]`,
      { reason: 'WEIGHT_SHAPE' },
    );
  if (!SUPPORTED_DTYPES.includes(weight.dtype))
    throw new FacetError(
      'unimplemented',
      `${source} stores ${name} as ${weight.dtype}; supported are ${SUPPORTED_DTYPES.join(', ')}`,
      { reason: 'WEIGHT_DTYPE' },
    );
  return weight;
}
