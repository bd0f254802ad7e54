import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/**
 * Bytes of memory that this process may have: the machine's, or those of its control group where that has
 * fewer.
 */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Half of it: the other half is for files that sessions map, and for other programs. */
export function defaultMemoryBytes(): number {
  return Math.floor(machineMemory() / 2);
}

/** Bytes of this process that are not a mapped file; all that are resident where the system does not tell. */
export function privateBytes(): number {
  try {
    const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // Not Linux.
  }
  return process.memoryUsage.rss();
}
