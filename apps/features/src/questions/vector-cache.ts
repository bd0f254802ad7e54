import type { FeatureIndex, IndexInfo, IndexVectors } from '@facet/feature-index';
import { withoutRequest } from '@facet/mesh';

/** Indexes whose vectors are kept. */
const CAPACITY = 8;

/** Gives the vectors of an index, read once; they never change for one generation. */
export type VectorsOf = (info: IndexInfo) => Promise<IndexVectors>;

/** Creates a cache of vectors in front of an index. */
export function createVectorCache(index: FeatureIndex): VectorsOf {
  const entries = new Map<string, Promise<IndexVectors>>();
  return (info) => {
    const key = `${info.sae}/${info.generation}`;
    const vectors = entries.get(key) ?? withoutRequest(() => index.vectors(info));
    entries.delete(key);
    entries.set(key, vectors);
    vectors.catch(() => entries.delete(key));
    if (entries.size > CAPACITY) entries.delete(entries.keys().next().value!);
    return vectors;
  };
}
