import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { claimFile, claimOf } from './copy-files.ts';
import { ignoreUnwritable } from './disk-errors.ts';

/** The right to a copy: nobody removes what is claimed. */
export interface CopyClaim {
  /** Names the files that its holder works on aside. */
  readonly id: string;
  release(): Promise<void>;
}

/** A claim says hourly that it is alive; one of another machine that has not for a day is dead. */
const RENEW_MS = 3_600_000;
const FOREIGN_MS = 24 * RENEW_MS;
/** How far a clock may have been set since this process began. */
const CLOCK_MS = 60_000;

const claimSchema = z.object({ host: z.string(), pid: z.number().int().positive() });

/**
 * Claims the copy `key` in `folder` until it is released or the process ends. A folder that cannot be written
 * is read without a claim: who cannot write there cannot remove anything either. On a full disk the claim is an
 * empty file, which holds for as long as it is renewed.
 */
export async function claimCopy(folder: string, key: string): Promise<CopyClaim> {
  const id = randomUUID();
  const path = join(folder, claimFile(key, id));
  await writeFile(path, JSON.stringify({ host: hostname(), pid: process.pid })).catch(ignoreUnwritable);
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, RENEW_MS).unref();
  return {
    id,
    async release() {
      clearInterval(renewal);
      await rm(path, { force: true }).catch(ignoreUnwritable);
    },
  };
}

/**
 * What is claimed in `folder`: copies, and the holders of files that lie aside. Claims of processes that have
 * ended are removed.
 */
export async function readClaims(folder: string): Promise<{ keys: Set<string>; ids: Set<string> }> {
  const keys = new Set<string>();
  const ids = new Set<string>();
  for (const name of await readdir(folder)) {
    const claim = claimOf(name);
    if (claim === undefined) continue;
    if (await isAlive(join(folder, name))) {
      keys.add(claim.key);
      ids.add(claim.id);
    } else await rm(join(folder, name), { force: true });
  }
  return { keys, ids };
}

/** A claim that cannot be read is as old as its file says: it may be in the middle of being written. */
async function isAlive(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined) return false;
  const holder = await readFile(path, 'utf8').then(parseClaim, () => undefined);
  if (holder?.host !== hostname()) return Date.now() - file.mtimeMs < FOREIGN_MS;
  // A number is given again: in a container every start has the same.
  if (holder.pid === process.pid) return file.mtimeMs > Date.now() - process.uptime() * 1000 - CLOCK_MS;
  return isRunning(holder.pid);
}

function parseClaim(text: string): z.infer<typeof claimSchema> | undefined {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
