import { FacetError } from '@facet/errors';
import type { FeatureIndex, Label } from '@facet/feature-index';
import { absentAsUndefined, type ObjectStore, readJson, writeJson } from '@facet/objects';
import { z } from 'zod';
import { MAX_DESCRIPTION_CHARACTERS, MAX_LABEL_CHARACTERS } from './limits.ts';

const schema = z.object({ label: z.string(), description: z.string(), version: z.number().int() });

/** What people change about a feature. */
export interface LabelChange {
  label?: string;
  description?: string;
}

/** Labels of features: the truth in the object store, a copy in ClickHouse that can be rebuilt from it. */
export interface LabelStore {
  /** Changes the given texts of a feature. */
  update(feature: { sae: string; feature: number }, change: LabelChange): Promise<void>;
  /** Copies all labels of an SAE into the index. */
  restore(sae: string): Promise<void>;
}

/** Keeps labels in `store` and their copy in `index`. */
export function createLabelStore(store: ObjectStore, index: FeatureIndex): LabelStore {
  const prefixOf = (sae: string) => `featureLabels/${sae}`;

  async function read(key: string) {
    const kept = await absentAsUndefined(() => readJson(store, key, schema));
    return kept ?? { label: '', description: '', version: 0 };
  }

  return {
    async update({ sae, feature }, change) {
      requireLength('label', change.label, MAX_LABEL_CHARACTERS);
      requireLength('description', change.description, MAX_DESCRIPTION_CHARACTERS);
      const key = `${prefixOf(sae)}/${feature}.json`;
      const found = await read(key);
      const label = change.label ?? found.label;
      const description = change.description ?? found.description;
      const version = found.version + 1;
      await writeJson(store, key, { label, description, version });
      await index.putLabels([{ sae, feature, label, description, version }]);
    },
    async restore(sae) {
      const labels: Label[] = [];
      for await (const { key } of store.list(prefixOf(sae))) {
        const feature = Number(/\/(\d+)\.json$/.exec(key)?.[1]);
        labels.push({ sae, feature, ...(await read(key)) });
      }
      await index.putLabels(labels);
    },
  };
}

function requireLength(field: string, text: string | undefined, max: number): void {
  if (text === undefined || text.length <= max) return;
  const message = `${field} has ${text.length} characters; at most ${max} are kept`;
  throw new FacetError('invalid', message, { field: `feature.${field}` });
}
