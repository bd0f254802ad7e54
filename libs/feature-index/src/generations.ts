import type { ClickhouseSession } from './clickhouse-session.ts';
import type { IndexInfo } from './records.ts';

const PARTITIONED_TABLES = ['events', 'features', 'examples'];

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
  const partitions = await session.rows<{ table: string; partition: string }>(
    `SELECT DISTINCT table, partition FROM system.parts
     WHERE database = {database:String} AND table IN {tables:Array(String)} AND active AND startsWith(partition, {prefix:String})`,
    { params: { database, tables: PARTITIONED_TABLES, prefix: `('${sae}',` } },
  );
  for (const { table, partition } of partitions) {
    const generation = Number(/,(\d+)\)$/.exec(partition)?.[1]);
    if (!(generation < current)) continue;
    await session.command(`ALTER TABLE ${database}.${table} DROP PARTITION tuple('${sae}', ${generation})`);
  }
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
