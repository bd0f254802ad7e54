import { readSaeManifest } from '@facet/artifacts';
import type { FeatureIndex, IndexInfo } from '@facet/feature-index';
import type { ObjectStore } from '@facet/objects';
import type { LabelStore } from '../labels/label-store.ts';
import { requireIndexedThere } from '../runs/lineage-check.ts';

/**
 * Finds the index of the SAE that has a name *now*: `not-found` where there is none, `precondition` where it is not indexed or the
 * index was made of another SAE that had the name, or of the same weights at another place. Every question begins here.
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
    const stored = await readSaeManifest(store, sae);
    const { identity } = stored;
    const info = await index.current(identity);
    requireIndexedThere(stored, info);
    await labels.adopt(identity);
    return info;
  };
}
