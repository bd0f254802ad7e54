import { sweepSuccessions } from './succession.ts';
import { ABANDONED_AFTER_MS } from './temp-files.ts';

/** Folders that are remembered as swept; beyond them all are forgotten, and swept again when written to. */
const MAX_REMEMBERED = 10_000;

/** Creates a sweep that removes what killed writers left in a folder more than a day ago, once for every folder. */
export function createFolderSweep(): (folder: string) => Promise<void> {
  const swept = new Set<string>();
  return async (folder) => {
    if (swept.has(folder)) return;
    if (swept.size >= MAX_REMEMBERED) swept.clear();
    swept.add(folder);
    await sweepSuccessions(folder, Date.now() - ABANDONED_AFTER_MS);
  };
}
