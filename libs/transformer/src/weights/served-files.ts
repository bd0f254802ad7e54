import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import type { MappedModel } from './mapped-weights.ts';
import { leavesOf } from './weight-leaves.ts';

/** Rejects with `precondition` once a file of the weights is no longer what it was. */
export type WeightGuard = () => Promise<void>;

/**
 * Remembers the mapped files of a model as they are now. Sessions read them where they lie: after a change the old ones
 * would compute with what is there now, and new ones with another file.
 */
export async function guardWeights({
  weights,
  weightFolder,
}: Pick<MappedModel, 'weights' | 'weightFolder'>): Promise<WeightGuard> {
  const names = [...new Set(leavesOf(weights).map(({ file }) => file))];
  const paths = names.map((name) => join(weightFolder, name));
  const before = await Promise.all(paths.map(stampOf));
  return async () => {
    const now = await Promise.all(paths.map(stampOf));
    const changed = now.findIndex((stamp, i) => stamp !== before[i]);
    if (changed < 0) return;
    throw new FacetError(
      'precondition',
      `${names[changed]} changed since the model was loaded, and its sessions read it where it lies; start the service again, or ` +
        'put the file back as it was',
      // Whoever calls is told the file's name, the log where it lies.
      {
        reason: 'WEIGHTS_CHANGED',
        cause: new Error(`${paths[changed]} is ${now[changed]}, was ${before[changed]}`),
      },
    );
  };
}

/** What tells a file from another one and from itself after a change; `missing` where there is none. */
async function stampOf(path: string): Promise<string> {
  const file = await stat(path, { bigint: true }).catch(() => undefined);
  return file === undefined ? 'missing' : [file.dev, file.ino, file.size, file.mtimeNs].join(':');
}
