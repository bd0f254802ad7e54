import { ClickHouseError } from '@clickhouse/client';
import { FacetError } from '@facet/errors';
import type { ClickhouseSession } from '../clickhouse/clickhouse-session.ts';
import { type IndexedSae, type IndexInfo, saeSha256Of } from './records.ts';

/** The table `indexes` of one database. */
export interface IndexTable {
  session: ClickhouseSession;
  database: string;
}

/** A row of `indexes` as JSONEachRow carries it. */
export interface IndexRow {
  sae: string;
  generation: number;
  run: string;
  d_sae: number;
  tokens: number;
  excluded_rows: number;
  events: number;
  live_features: number;
  /** JSON. */
  lineage: string;
  completed: string;
}

/** Reads the complete indexes under the name of an SAE, the newest first; none where nothing was ever indexed. */
export function readIndexes(
  { session, database }: IndexTable,
  sae: string,
  signal?: AbortSignal,
): Promise<IndexRow[]> {
  const query = `SELECT * FROM ${database}.indexes FINAL WHERE sae = {sae:String} ORDER BY generation DESC`;
  return session.rows<IndexRow>(query, { params: { sae }, ...(signal && { signal }) }).catch((error) => {
    if (isMissingSchema(error)) return [];
    throw error;
  });
}

/**
 * Finds the newest index that was made of exactly this SAE; `precondition` where there is none, or only of another SAE that had
 * its name. An index that names the SAE by its manifest is brought forward to name its weights.
 */
export async function findCurrent(table: IndexTable, of: IndexedSae, rows: IndexRow[]): Promise<IndexInfo> {
  const madeOf = (sha256: string) => rows.find((row) => saeSha256Of(toIndexInfo(row)) === sha256);
  const own = madeOf(of.sha256);
  if (own !== undefined) return toIndexInfo(own);
  const older = madeOf(of.manifestSha256);
  if (older !== undefined) return bringForward(table, of, older);
  throw rows.length === 0 ? notIndexed(of.sae) : madeOfAnother(of, toIndexInfo(rows[0]!));
}

async function bringForward(
  { session, database }: IndexTable,
  { sae, sha256 }: IndexedSae,
  row: IndexRow,
): Promise<IndexInfo> {
  const lineage = { ...JSON.parse(row.lineage), saeSha256: sha256 };
  const named: IndexRow = { ...row, lineage: JSON.stringify(lineage) };
  await session.insertRows(`${database}.indexes`, [named], `${sae}/${row.generation}/forward`);
  return toIndexInfo(named);
}

/** Reads a row of `indexes`. */
export function toIndexInfo(row: IndexRow): IndexInfo {
  return {
    sae: row.sae,
    generation: row.generation,
    run: row.run,
    d_sae: row.d_sae,
    tokens: row.tokens,
    excludedRows: row.excluded_rows,
    events: row.events,
    liveFeatures: row.live_features,
    lineage: JSON.parse(row.lineage),
  };
}

function notIndexed(sae: string): FacetError {
  const message = `saes/${sae} is not indexed; create an indexing run for it first`;
  return new FacetError('precondition', message, { reason: 'SAE_NOT_INDEXED' });
}

function madeOfAnother({ sae, sha256 }: IndexedSae, other: IndexInfo): FacetError {
  const message =
    `the index of saes/${sae} was made with other weights of it (${short(saeSha256Of(other))}) than those that stand ` +
    `under this name now (${short(sha256)}): the SAE was deleted and made anew; index it again (facet index)`;
  return new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH' });
}

function short(sha256: string): string {
  return sha256 === '' ? 'unknown' : sha256.slice(0, 12);
}

/** UNKNOWN_TABLE and UNKNOWN_DATABASE: nothing was ever indexed here. */
function isMissingSchema(error: unknown): boolean {
  return error instanceof ClickHouseError && (error.code === '60' || error.code === '81');
}
