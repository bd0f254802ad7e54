import { readFamily } from '../testing/family-configs.ts';
import type { Weight } from './model-weights.ts';
import { createTensorSource } from './tensor-source.ts';

const spec = readFamily('phi', { tie_word_embeddings: true });

function tensorsOf(shapes: Record<string, number[]>): Map<string, Weight> {
  const place = { dtype: 'F32', file: 'model.safetensors', byteOffset: 0, byteLength: 0 } as const;
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, { name, shape, ...place }]));
}

describe('createTensorSource', () => {
  const shapes = { 'wte.weight': [512, 64], 'head.bias': [512] };
  const names = { embedding: 'wte', head: 'head' };

  test('keeps the bias of a head whose matrix is the embedding', () => {
    const source = createTensorSource(tensorsOf(shapes), 'model');
    const { unembedding } = source.vocabulary(spec, { ...names, headBias: true });
    expect([unembedding.weight.name, unembedding.bias?.name]).toEqual(['wte.weight', 'head.bias']);
    expect(() => source.requireAllTaken(() => false)).not.toThrow();
  });

  test('takes no bias of a tied head that has none, and refuses one that the family does not have', () => {
    const bare = createTensorSource(tensorsOf({ 'wte.weight': [512, 64] }), 'model');
    expect(bare.vocabulary(spec, { ...names, headBias: true }).unembedding.bias).toBeUndefined();
    const source = createTensorSource(tensorsOf(shapes), 'model');
    source.vocabulary(spec, names);
    expect(() => source.requireAllTaken(() => false)).toThrow(/head\.bias/);
  });
});
