import { lstat, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findCaptureOrphans } from '@facet/capture';
import { readConnectionFile } from '@facet/clickhouse';
import { formatBytes, formatCount } from '@facet/console';
import { openIndexOrphans, readFeaturesConfig } from '@facet/features';
import {
  findLeftovers,
  type ObjectStore,
  type Orphan,
  type OrphanFinder,
  openObjectStore,
} from '@facet/objects';
import { findTrainingOrphans } from '@facet/training';
import { type Check, failed, type OrphanGroup, ok, warning } from './check.ts';

/** A group that is still being counted. */
type Counting = OrphanGroup & { places: string[] };

export interface OrphanTargets {
  dataDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
}

const NAME = 'orphans';
const MAX_PLACES = 10;
/** Places that the text names of each kind. */
const SHOWN_PLACES = 2;
const REMEDY =
  'the services remove them when they start and every ten minutes, once they are FACET_ORPHAN_MINUTES (60) old; ' +
  'while services run, young ones may be work under way';

/** Counts what killed writers left, in the object store, in ClickHouse and in its spool folder. */
export async function checkOrphans({ dataDirectory, env }: OrphanTargets): Promise<Check> {
  const directory = resolve(dataDirectory);
  const url = env.FACET_OBJECTS_URL || pathToFileURL(join(directory, 'objects')).href;
  try {
    const store = openObjectStore(url);
    const finders = [findLeftovers(store), findCaptureOrphans(store), findTrainingOrphans(store)];
    const groups = new Map<string, Counting>();
    for (const find of [...finders, spoolFinder(join(directory, 'clickhouse', 'spool'))])
      await count(find, groups);
    const uncounted = await countRows(store, { dataDirectory: directory, env }, groups);
    return verdict([...groups.values()], uncounted);
  } catch (error) {
    return failed(
      NAME,
      `${url} cannot be searched: ${(error as Error).message}`,
      'look into its permissions',
    );
  }
}

async function count(find: OrphanFinder, groups: Map<string, Counting>): Promise<void> {
  for await (const { what, place, count: found, bytes } of find(0)) {
    const group: Counting = groups.get(what) ?? { what, count: 0, bytes: 0, places: [] };
    group.count += found;
    group.bytes += bytes;
    if (group.places.length < MAX_PLACES) group.places.push(place);
    groups.set(what, group);
  }
}

/** Counts rows of unfinished indexes; says why where that cannot be done now. */
async function countRows(
  store: ObjectStore,
  targets: OrphanTargets,
  groups: Map<string, Counting>,
): Promise<string> {
  const rows = openIndexOrphans(store, readFeaturesConfig(await clickhouseOf(targets)));
  try {
    await count(rows.find, groups);
    return '';
  } catch (error) {
    return `; rows in ClickHouse are not counted: ${(error as Error).message}`;
  } finally {
    await rows.close();
  }
}

/** The environment of the features service; an embedded ClickHouse that runs says itself how it is reached. */
async function clickhouseOf({ dataDirectory, env }: OrphanTargets): Promise<Record<string, string>> {
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] => /CLICKHOUSE/.test(entry[0]) && Boolean(entry[1]),
  );
  if (env.FACET_CLICKHOUSE_URL || env.CLICKHOUSE_URL) return Object.fromEntries(given);
  const embedded = await readConnectionFile(join(dataDirectory, 'clickhouse'));
  return {
    ...Object.fromEntries(given),
    ...(embedded && {
      FACET_CLICKHOUSE_URL: embedded.url,
      FACET_CLICKHOUSE_USER: embedded.user,
      FACET_CLICKHOUSE_PASSWORD: embedded.password,
    }),
  };
}

/** Uploads of an embedded ClickHouse; it removes those of before when it starts. */
function spoolFinder(folder: string): OrphanFinder {
  return async function* (): AsyncGenerator<Orphan> {
    for (const name of await readdir(folder).catch((): string[] => [])) {
      const stats = await lstat(join(folder, name)).catch(() => undefined);
      if (!stats) continue;
      const place = join(folder, name);
      yield { what: 'uploads to ClickHouse', place, count: 1, bytes: stats.size, remove: async () => {} };
    }
  };
}

function verdict(groups: readonly OrphanGroup[], uncounted: string): Check {
  const orphans = { orphans: groups };
  if (groups.length === 0) return { ...ok(NAME, `none${uncounted}`), ...orphans };
  const total = groups.reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = groups.map(({ what, count: found, bytes, places }) => {
    const more = places.length > SHOWN_PLACES ? ', …' : '';
    const where = places.slice(0, SHOWN_PLACES).join(', ');
    return `${formatCount(found)} ${what} (${formatBytes(bytes)}) in ${where}${more}`;
  });
  const found = `${formatBytes(total)} in all: ${parts.join('; ')}${uncounted}`;
  return { ...warning(NAME, found, REMEDY), ...orphans };
}
