import type { SaeIdentity } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import type { FeatureIndex, Label } from '@facet/feature-index';
import { absentAsUndefined, type ObjectStore, readJson, updateJson, writeJson } from '@facet/objects';
import { z } from 'zod';
import { MAX_DESCRIPTION_CHARACTERS, MAX_LABEL_CHARACTERS } from '../limits.ts';

const schema = z.object({ label: z.string(), description: z.string(), version: z.number().int() });
type KeptLabel = z.infer<typeof schema>;

/** What a feature that nobody has labelled has. */
const NO_LABEL: KeptLabel = { label: '', description: '', version: 0 };

/** What people change about a feature. */
export interface LabelChange {
  label?: string;
  description?: string;
}

/** The SAE that labels belong to. */
export type LabelledSae = Pick<SaeIdentity, 'sae' | 'sha256'>;

/**
 * Labels of features: the truth in the object store, a copy in ClickHouse that can be rebuilt from it. They belong to the weights of
 * an SAE, not to its name: another SAE that takes the name has none.
 */
export interface LabelStore {
  /** Changes the given texts of a feature. */
  update(of: LabelledSae, feature: number, change: LabelChange): Promise<void>;
  /** Copies all labels of an SAE into the index that is being made of it. */
  restore(of: SaeIdentity): Promise<void>;
  /** Takes over labels that do not say which SAE they are of: those of an SAE whose index stands. */
  adopt(of: SaeIdentity): Promise<void>;
  /** Removes the labels of an SAE. */
  drop(of: LabelledSae): Promise<void>;
}

/** Keeps labels in `store`, `featureLabels/{sae}/{hash of its weights}/{feature}.json`, and their copy in `index`. */
export function createLabelStore(store: ObjectStore, index: FeatureIndex): LabelStore {
  const prefixOf = ({ sae, sha256 }: LabelledSae) => `featureLabels/${sae}/${sha256}`;
  const adopted = new Set<string>();

  async function read(key: string) {
    return (await absentAsUndefined(() => readJson(store, key, schema))) ?? NO_LABEL;
  }

  /** Another process may adopt at the same time, or somebody have labelled the feature since. */
  async function writeUnlessThere(key: string, label: KeptLabel): Promise<void> {
    try {
      await writeJson(store, key, label, { ifAbsent: true });
    } catch (error) {
      if (!(isFacetError(error) && error.kind === 'exists')) throw error;
    }
  }

  async function keysBelow(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys;
  }

  /** Labels from before they named their SAE, `featureLabels/{sae}/{feature}.json`. */
  async function unbound(sae: string): Promise<string[]> {
    const pattern = /^featureLabels\/[^/]+\/\d+\.json$/;
    return (await keysBelow(`featureLabels/${sae}`)).filter((key) => pattern.test(key));
  }

  async function adopt(of: SaeIdentity): Promise<void> {
    if (adopted.has(prefixOf(of))) return;
    for (const key of await unbound(of.sae)) {
      const label = await read(key);
      const own = `${prefixOf(of)}/${featureOf(key)}.json`;
      await writeUnlessThere(own, label);
      const bound = { sae: of.sae, saeSha256: of.sha256, feature: featureOf(key) };
      await index.putLabels([{ ...bound, ...(await read(own)) }]);
      await store.delete(key);
    }
    adopted.add(prefixOf(of));
  }

  /** What an index of another SAE was labelled with belongs to that one, which is gone. */
  async function settleUnbound(of: SaeIdentity): Promise<void> {
    const reason = await index.current(of).then(
      () => '',
      (error) => (error instanceof FacetError ? error.reason : Promise.reject(error)),
    );
    if (reason !== 'LINEAGE_MISMATCH') return adopt(of);
    for (const key of await unbound(of.sae)) await store.delete(key);
  }

  return {
    async update(of, feature, change) {
      requireLength('label', change.label, MAX_LABEL_CHARACTERS);
      requireLength('description', change.description, MAX_DESCRIPTION_CHARACTERS);
      const key = `${prefixOf(of)}/${feature}.json`;
      const changed = await updateJson(store, key, schema, (current) => nextLabel(current?.value, change));
      // The newest version counts, in whatever order they arrive.
      await index.putLabels([{ sae: of.sae, saeSha256: of.sha256, feature, ...changed.value }]);
    },
    async restore(of) {
      await settleUnbound(of);
      const labels: Label[] = [];
      for (const key of await keysBelow(prefixOf(of))) {
        const { sae, sha256: saeSha256 } = of;
        labels.push({ sae, saeSha256, feature: featureOf(key), ...(await read(key)) });
      }
      await index.putLabels(labels);
    },
    adopt,
    async drop(of) {
      await store.deletePrefix(prefixOf(of));
    },
  };
}

/** Changes what is named and keeps the rest. */
function nextLabel(current: KeptLabel = NO_LABEL, { label, description }: LabelChange): KeptLabel {
  return {
    label: label ?? current.label,
    description: description ?? current.description,
    version: current.version + 1,
  };
}

function featureOf(key: string): number {
  return Number(/\/(\d+)\.json$/.exec(key)?.[1]);
}

function requireLength(field: string, text: string | undefined, max: number): void {
  if (text === undefined || text.length <= max) return;
  const message = `${field} has ${text.length} characters; at most ${max} are kept`;
  throw new FacetError('invalid', message, { field: `feature.${field}` });
}
