import { createClient } from '@clickhouse/client';
import { openFeatureIndex } from '@facet/feature-index';
import { openObjectStore } from '@facet/objects';
import { answerTasks } from '@facet/objects/testing';
import { createLabelStore, type LabelChange, type LabelledSae } from '../labels/label-store.ts';

/** What a racing process changes; every entry by a caller of its own, at once. */
export interface LabelTask {
  objects: string;
  clickhouse: string;
  of: LabelledSae;
  feature: number;
  changes: LabelChange[];
}

/** A process for tests: many callers label one feature at once. */
answerTasks(async ({ objects, clickhouse, of, feature, changes }: LabelTask): Promise<number> => {
  const client = createClient({ url: clickhouse });
  const index = openFeatureIndex({ client, address: clickhouse });
  const labels = createLabelStore(openObjectStore(objects), index);
  await Promise.all(changes.map((change) => labels.update(of, feature, change)));
  await client.close();
  return changes.length;
});
