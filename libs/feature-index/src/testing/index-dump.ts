import { createHash } from 'node:crypto';
import { createClient } from '@clickhouse/client';

/** Hashes of everything that the current index of an SAE holds, by table; equal for equal indexes. */
export async function indexDump(clickhouseUrl: string, sae: string): Promise<Record<string, string>> {
  const client = createClient({ url: clickhouseUrl });
  const hashes: Record<string, string> = {};
  try {
    for (const [table, order] of Object.entries(ORDERS)) {
      const result = await client.query({
        query: `SELECT * EXCEPT generation FROM facet.current_${table} WHERE sae = {sae:String} ORDER BY ${order}`,
        query_params: { sae },
        format: 'TabSeparated',
      });
      const text = await result.text();
      hashes[table] =
        `${text.split('\n').length - 1} rows, ${createHash('sha256').update(text).digest('hex')}`;
    }
    return hashes;
  } finally {
    await client.close();
  }
}

const ORDERS = { events: 'row, feature', features: 'feature', examples: 'feature, rank' };
