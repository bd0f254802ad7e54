import type { ClickhouseSession } from '../clickhouse/clickhouse-session.ts';
import { type FeatureRecord, type FeatureRow, type IndexInfo, toFeatureRecord } from '../index/records.ts';
import { indexParams, LABELS_JOIN } from './labels.ts';

/** Where a word can be found, with what a hit there is worth. */
const PLACES = { label: 8, description: 4, top_effects: 2, examples: 1 } as const;

export type MatchedField = keyof typeof PLACES;

/** A feature that matches a search. */
export interface FeatureMatch {
  feature: FeatureRecord;
  score: number;
  /** Where words were found. */
  fields: MatchedField[];
}

export interface SearchQuery {
  session: ClickhouseSession;
  database: string;
  index: IndexInfo;
  words: readonly string[];
  limit: number;
  selectFeatures: string;
}

type Hits = { feature: number; score: number } & Record<MatchedField, number>;

/**
 * Finds features that match every word, as a case-insensitive substring of label, description, the text of a promoted token,
 * or the running text of an example. A word counts for the best place it is in (for examples times the share of them that hold
 * it); a feature's score is the sum over the words. Ordered by score, then by index. No meaning is guessed: there is no
 * embedding model behind it.
 */
export async function searchFeatures(query: SearchQuery): Promise<FeatureMatch[]> {
  const { session, index, words, limit, selectFeatures } = query;
  if (words.length === 0) return [];
  const params = { ...indexParams(index), ...wordParams(words) };
  const hits = await session.rows<Hits>(searchSql(query, words.length), { params: { ...params, limit } });
  if (hits.length === 0) return [];
  const features = hits.map(({ feature }) => feature);
  const rows = await session.rows<FeatureRow>(`${selectFeatures} AND f.feature IN {features:Array(UInt32)}`, {
    params: { ...indexParams(index), features },
  });
  const byFeature = new Map(rows.map((row) => [row.feature, toFeatureRecord(row)]));
  return hits.flatMap((hit) => {
    const feature = byFeature.get(hit.feature);
    return feature === undefined ? [] : [{ feature, score: hit.score, fields: fieldsOf(hit) }];
  });
}

function wordParams(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word, i) => [`w${i}`, word]));
}

function fieldsOf(hit: Hits): MatchedField[] {
  return (Object.keys(PLACES) as MatchedField[]).filter((place) => hit[place] > 0);
}

function searchSql({ database }: SearchQuery, count: number): string {
  const words = Array.from({ length: count }, (_, i) => `{w${i}:String}`);
  const found = (text: string, word: string) => `positionCaseInsensitiveUTF8(${text}, ${word}) > 0`;
  const inPlaces = words.map((word, i) => ({
    label: found('l.label', word),
    description: found('l.description', word),
    top_effects: `arrayExists(token -> ${found('token', word)}, f.top_texts)`,
    examples: `e.share${i}`,
  }));
  const worth = inPlaces.map(
    (places) =>
      `greatest(${Object.entries(places)
        .map(([place, hit]) => `toFloat64(${hit}) * ${PLACES[place as MatchedField]}`)
        .join(', ')})`,
  );
  const fields = (Object.keys(PLACES) as MatchedField[]).map(
    (place) => `${inPlaces.map((places) => `toFloat64(${places[place]})`).join(' + ')} AS ${place}`,
  );
  const shares = words.map((word, i) => `countIf(${found('text', word)}) / count() AS share${i}`);
  return `SELECT f.feature AS feature, ${worth.join(' + ')} AS score, ${fields.join(', ')}
    FROM ${database}.features AS f
    ${LABELS_JOIN(database)}
    LEFT JOIN (SELECT feature, ${shares.join(', ')} FROM (
      SELECT feature, arrayStringConcat(texts) AS text FROM ${database}.examples
      WHERE sae = {sae:String} AND generation = {generation:UInt64}) GROUP BY feature) AS e ON e.feature = f.feature
    WHERE f.sae = {sae:String} AND f.generation = {generation:UInt64} AND ${worth.map((value) => `${value} > 0`).join(' AND ')}
    ORDER BY score DESC, feature LIMIT {limit:UInt32}`;
}
