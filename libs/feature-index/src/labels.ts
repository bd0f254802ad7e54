import type { ClickhouseSession } from './clickhouse-session.ts';

/** What people wrote about a feature; the newest version counts. The truth is in the object store, this is its copy. */
export interface Label {
  sae: string;
  feature: number;
  label: string;
  description: string;
  /** Grows with every change. */
  version: number;
}

const LABELS_PER_INSERT = 10_000;

/** Joins the newest labels, as `l`, to features `f` of the SAE of parameter `sae`. */
export const LABELS_JOIN = (database: string) => `LEFT JOIN (
    SELECT feature, argMax(label, version) AS label, argMax(description, version) AS description
    FROM ${database}.labels WHERE sae = {sae:String} GROUP BY feature) AS l ON l.feature = f.feature`;

/** Returns the function that writes labels; writing a version again changes nothing. */
export function createLabels(session: ClickhouseSession, database: string) {
  return async (labels: readonly Label[]): Promise<void> => {
    for (let start = 0; start < labels.length; start += LABELS_PER_INSERT) {
      const rows = labels.slice(start, start + LABELS_PER_INSERT);
      const { sae, feature, version } = rows[0]!;
      await session.insertRows(
        `${database}.labels`,
        rows,
        `labels/${sae}/${feature}/${version}/${rows.length}`,
      );
    }
  };
}
