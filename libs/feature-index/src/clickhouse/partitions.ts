import type { IndexTable } from '../index/current-index.ts';

/** The tables of an index that are partitioned by (sae, generation). */
export const PARTITIONED_TABLES = ['events', 'features', 'examples'];

/** What ClickHouse holds of one generation of an SAE, published or not. */
export interface IndexPartition {
  sae: string;
  generation: number;
  rows: number;
  /** On disk. */
  bytes: number;
  /** When the newest rows were written or merged, milliseconds since 1970 by ClickHouse's clock. */
  modifiedMs: number;
}

/** Lists what is there of every generation, or of those of one SAE; `signal` ends waiting for ClickHouse. */
export async function listPartitions(
  { session, database }: IndexTable,
  { sae, signal }: { sae?: string; signal?: AbortSignal | undefined } = {},
): Promise<IndexPartition[]> {
  const rows = await session.rows<{ partition: string; rows: number; bytes: number; modified: number }>(
    `SELECT partition, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, max(toUnixTimestamp(modification_time)) AS modified
     FROM system.parts WHERE database = {database:String} AND table IN {tables:Array(String)} AND active
     AND startsWith(partition, {prefix:String}) GROUP BY partition ORDER BY partition`,
    {
      params: { database, tables: PARTITIONED_TABLES, prefix: sae === undefined ? '(' : `('${sae}',` },
      ...(signal && { signal }),
    },
  );
  return rows.flatMap(({ partition, modified, ...sums }) => {
    const [, name, generation] = /^\('([a-z0-9._-]+)',(\d+)\)$/.exec(partition) ?? [];
    if (name === undefined) return [];
    return [{ sae: name, generation: Number(generation), ...sums, modifiedMs: modified * 1000 }];
  });
}

/** Drops what is there of one generation; can be repeated. */
export async function dropPartition(
  { session, database }: IndexTable,
  { sae, generation }: Pick<IndexPartition, 'sae' | 'generation'>,
  signal?: AbortSignal,
): Promise<void> {
  const partition = `tuple('${sae}', ${generation})`;
  for (const table of PARTITIONED_TABLES)
    await session.command(`ALTER TABLE ${database}.${table} DROP PARTITION ${partition}`, {
      ...(signal && { signal }),
    });
}
