import { createClient } from '@clickhouse/client';
import { openFeatureIndex } from '@facet/feature-index';
import { redactPassword } from '@facet/mesh';
import type { ObjectStore, OrphanFinder } from '@facet/objects';
import type { FeaturesConfig } from '../config.ts';
import { createIndexTurns } from '../runs/index-turns.ts';
import { createRunStore } from '../runs/run-store.ts';
import { findIndexOrphans } from './index-orphans.ts';

/** Where the index lies. */
export type IndexPlace = Pick<
  FeaturesConfig,
  'clickhouseUrl' | 'clickhouseUser' | 'clickhousePassword' | 'database'
>;

/** Opens the search for rows of unfinished indexes from outside of the service; a ClickHouse that is not there is not waited for. */
export function openIndexOrphans(
  store: ObjectStore,
  { clickhouseUrl, clickhouseUser, clickhousePassword, database }: IndexPlace,
): { find: OrphanFinder; close(): Promise<void> } {
  const client = createClient({
    url: clickhouseUrl,
    username: clickhouseUser,
    password: clickhousePassword,
    log: { level: 127 },
  });
  const address = redactPassword(clickhouseUrl);
  const index = openFeatureIndex({ client, address, database, retryForMs: 0 });
  const turns = createIndexTurns(store, createRunStore(store));
  return { find: findIndexOrphans({ index, turns }), close: () => client.close() };
}
