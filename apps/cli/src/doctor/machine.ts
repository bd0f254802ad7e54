import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { formatBytes } from '@facet/console';
import { type Check, failed, ok, warning } from './check.ts';

const MIN_NODE_MAJOR = 20;
const GIB = 2 ** 30;
/** A model, a training run and chDB side by side. */
const MIN_FREE_MEMORY_BYTES = 1.5 * GIB;
/** Below this a capture of a few million tokens fails. */
const MIN_DISK_BYTES = 1 * GIB;
const GOOD_DISK_BYTES = 5 * GIB;

/** Checks Node.js, the processor, memory, and the disk under the data directory. */
export async function checkMachine(dataDirectory: string): Promise<Check[]> {
  const directory = resolve(dataDirectory);
  return [
    checkNode(process.versions.node),
    await checkProcessor(),
    checkMemory(),
    await checkDisk(directory),
    await checkDataDirectory(directory),
  ];
}

/** Checks the version of Node.js. */
export function checkNode(version: string): Check {
  const name = 'Node.js';
  const major = Number(version.split('.')[0]);
  if (major >= MIN_NODE_MAJOR) return ok(name, version);
  return failed(name, version, `install Node.js ${MIN_NODE_MAJOR} or newer`);
}

/** chDB needs AVX2 on x64; Linux says in /proc/cpuinfo whether it is there. */
async function checkProcessor(): Promise<Check> {
  const name = 'processor';
  const cores = `${process.arch}, ${availableParallelism()} cores`;
  if (process.arch !== 'x64') return ok(name, cores);
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => undefined);
  if (info === undefined)
    return warning(name, `${cores}, AVX2 unknown`, 'the embedded ClickHouse needs AVX2');
  if (/\bavx2\b/.test(info)) return ok(name, `${cores}, AVX2`);
  return failed(
    name,
    `${cores}, no AVX2`,
    'the embedded ClickHouse needs AVX2: set FACET_CLICKHOUSE_URL to a server',
  );
}

function checkMemory(): Check {
  const found = `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`;
  if (freemem() >= MIN_FREE_MEMORY_BYTES) return ok('memory', found);
  return warning(
    'memory',
    found,
    `free ${formatBytes(MIN_FREE_MEMORY_BYTES)} for all services on one machine`,
  );
}

async function checkDisk(directory: string): Promise<Check> {
  const name = 'disk';
  const existing = await nearestExisting(directory);
  const { bavail, bsize } = await statfs(existing);
  const bytes = bavail * bsize;
  const found = `${formatBytes(bytes)} free at ${existing}`;
  if (bytes < MIN_DISK_BYTES) return failed(name, found, 'free some space, or choose another --data-dir');
  if (bytes < GOOD_DISK_BYTES)
    return warning(name, found, 'a large capture may not fit: 1 GiB holds 8 million tokens of width 64');
  return ok(name, found);
}

/** Writes and removes a file of its own; a directory that doctor had to make is removed again. */
async function checkDataDirectory(directory: string): Promise<Check> {
  const name = 'data directory';
  const made = await mkdir(directory, { recursive: true }).catch((error: unknown) => error as Error);
  const probe = join(directory, `.doctor-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(probe, '');
    await rm(probe);
    return ok(name, `${directory} can be written`);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return failed(name, `${directory} cannot be written (${reason})`, 'choose another --data-dir');
  } finally {
    if (typeof made === 'string') await rm(made, { recursive: true, force: true });
  }
}

async function nearestExisting(directory: string): Promise<string> {
  for (let at = directory; ; at = dirname(at)) {
    if ((await stat(at).catch(() => undefined)) !== undefined || dirname(at) === at) return at;
  }
}
