import type { FeatureIndex } from '@facet/feature-index';
import type { Orphan, OrphanFinder } from '@facet/objects';
import type { IndexTurns } from '../runs/index-turns.ts';

export interface IndexOrphanParts {
  index: Pick<FeatureIndex, 'partitions' | 'published' | 'discard'>;
  turns: IndexTurns;
}

/**
 * Finds rows of indexes that are not complete and will not be: of indexings that were killed, failed or cancelled, and of runs that
 * another one superseded. Whose turn it is tells them from living work; rows of SAEs without any turn are left alone while young.
 */
export function findIndexOrphans({ index, turns }: IndexOrphanParts): OrphanFinder {
  return async function* (olderThanMs, signal) {
    for (const { sae, generation, rows, bytes, modifiedMs } of await index.partitions(signal)) {
      const known = await turns.knows(sae);
      if (!known && modifiedMs > Date.now() - olderThanMs) continue;
      if ((await turns.living(sae)) === generation) continue;
      // Read last: a run that has ended by now has published before.
      if ((await index.published(sae, signal)).includes(generation)) continue;
      const place = `the index of saes/${sae}, generation ${generation}`;
      const remove = () => index.discard({ sae, generation });
      yield { what: 'rows of unfinished indexes', place, count: rows, bytes, remove } satisfies Orphan;
    }
  };
}
