import { randomUUID } from 'node:crypto';
import type { ClickhouseSession } from '../clickhouse/clickhouse-session.ts';
import type { IndexTable } from '../index/current-index.ts';
import { type IndexedSae, type IndexInfo, saeSha256Of } from '../index/records.ts';

/** What people wrote about a feature; the newest version counts. The truth is in the object store, this is its copy. */
export interface Label {
  sae: string;
  /** Hash of the weights of the SAE whose feature it is; another SAE of the same name has none of it. */
  saeSha256: string;
  feature: number;
  label: string;
  description: string;
  /** Grows with every change. */
  version: number;
}

const LABELS_PER_INSERT = 10_000;

/** Joins the newest labels, as `l`, to features `f` of the index whose parameters are `indexParams`. */
export const LABELS_JOIN = (database: string) => `LEFT JOIN (
    SELECT feature, argMax(label, version) AS label, argMax(description, version) AS description
    FROM ${database}.labels WHERE sae = {sae:String} AND sae_sha256 = {saeSha256:String} GROUP BY feature) AS l
  ON l.feature = f.feature`;

/** The parameters that bind a query, and the labels that it joins, to one index. */
export function indexParams(info: IndexInfo): { sae: string; generation: number; saeSha256: string } {
  return { sae: info.sae, generation: info.generation, saeSha256: saeSha256Of(info) };
}

/** Returns the function that writes labels; writing a version again changes nothing. */
export function createLabels(session: ClickhouseSession, database: string) {
  return async (labels: readonly Label[]): Promise<void> => {
    for (let start = 0; start < labels.length; start += LABELS_PER_INSERT) {
      const rows = labels.slice(start, start + LABELS_PER_INSERT);
      // A version counts once however often it is written; labels that were dropped can be written again.
      await session.insertRows(
        `${database}.labels`,
        rows.map(({ saeSha256: sae_sha256, ...row }) => ({ ...row, sae_sha256 })),
        `labels/${randomUUID()}`,
      );
    }
  };
}

/** Removes the labels of one SAE; those of another SAE under its name stay. */
export async function dropLabelsOf(
  { session, database }: IndexTable,
  { sae, sha256 }: IndexedSae,
  signal?: AbortSignal,
): Promise<void> {
  const ofSae = 'sae = {sae:String} AND sae_sha256 = {sha256:String}';
  const call = { params: { sae, sha256 }, ...(signal && { signal }) };
  await session.command(`DELETE FROM ${database}.labels WHERE ${ofSae}`, call);
}
