import { readSaeManifest } from '@facet/artifacts';
import type { FeatureIndex, IndexInfo } from '@facet/feature-index';
import type { ObjectStore } from '@facet/objects';
import type { LabelStore } from './label-store.ts';

/**
 * Finds the index of the SAE that has a name *now*: `not-found` where there is none, `precondition` where it is not indexed or the
 * index was made of another SAE that had the name. Every question begins here.
 */
export type IndexOf = (sae: string) => Promise<IndexInfo>;

export interface BoundIndexParts {
  store: ObjectStore;
  index: FeatureIndex;
  labels: LabelStore;
}

/** Creates the way to indexes; labels from before they named their SAE are taken over when its index is first asked for. */
export function createIndexOf({ store, index, labels }: BoundIndexParts): IndexOf {
  return async (sae) => {
    const { identity } = await readSaeManifest(store, sae);
    const info = await index.current(identity);
    await labels.adopt(identity);
    return info;
  };
}
