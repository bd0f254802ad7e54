import type { ClickhouseSession } from '../clickhouse/clickhouse-session.ts';
import { dropPartition, listPartitions } from '../clickhouse/partitions.ts';
import { dropLabelsOf } from '../search/labels.ts';
import { type IndexTable, readIndexes, toIndexInfo } from './current-index.ts';
import { type IndexedSae, type IndexInfo, saeSha256Of } from './records.ts';

export interface GenerationRange {
  database: string;
  sae: string;
  /** Generations below this one go. */
  current: number;
}

/** Drops the partitions of older indexes of an SAE, also those that a crashed indexer left unfinished. */
export async function dropOlderGenerations(
  session: ClickhouseSession,
  range: GenerationRange,
): Promise<void> {
  const { database, sae, current } = range;
  const table = { session, database };
  for (const partition of await listPartitions(table, { sae }))
    if (partition.generation < current) await dropPartition(table, partition);
  await session.command(
    `DELETE FROM ${database}.indexes WHERE sae = {sae:String} AND generation < {current:UInt64}`,
    {
      params: { sae, current },
    },
  );
}

/** Makes a finished index the current one in one step, then drops older ones; can be repeated. */
export async function publishGeneration(
  session: ClickhouseSession,
  database: string,
  info: IndexInfo,
): Promise<void> {
  const { sae, generation } = info;
  await session.insertRows(`${database}.indexes`, [toIndexRow(info)], `${sae}/${generation}/publish`);
  await dropOlderGenerations(session, { database, sae, current: generation });
}

/**
 * Removes the indexes and labels that were made of one SAE; those of another SAE under its name stay. Can be repeated, also
 * where `signal` has ended it.
 */
export async function dropIndexesOf(table: IndexTable, of: IndexedSae, signal?: AbortSignal): Promise<void> {
  const { session, database } = table;
  const { sae, sha256, manifestSha256 } = of;
  const rows = await readIndexes(table, sae, signal);
  const own = rows.filter((row) => [sha256, manifestSha256].includes(saeSha256Of(toIndexInfo(row))));
  for (const { generation } of own) {
    const params = { sae, generation };
    await dropPartition(table, params, signal);
    const ofGeneration = 'sae = {sae:String} AND generation = {generation:UInt64}';
    const call = { params, ...(signal && { signal }) };
    await session.command(`DELETE FROM ${database}.indexes WHERE ${ofGeneration}`, call);
  }
  await dropLabelsOf(table, of, signal);
}

function toIndexRow(info: IndexInfo): object {
  return {
    sae: info.sae,
    generation: info.generation,
    run: info.run,
    d_sae: info.d_sae,
    tokens: info.tokens,
    excluded_rows: info.excludedRows,
    events: info.events,
    live_features: info.liveFeatures,
    lineage: JSON.stringify(info.lineage),
  };
}
