import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

/** Answers about files that cost a reading of all their bytes. */
export interface FileChecks {
  /** Answers `question` about the files at `paths`: as remembered while every one is still the file that was read, else by `read`. */
  answer(question: string, paths: readonly string[], read: () => Promise<string>): Promise<string>;
}

/** Reads anew for every question. */
export const UNREMEMBERED: FileChecks = { answer: (_question, _paths, read) => read() };

/** A memory larger than this is not read. */
const MAX_MEMORY_BYTES = 16 * 1024 * 1024;
/** The oldest answers beyond this many are forgotten. */
const MAX_ANSWERS = 10_000;
/** A file that changed this recently may change again within one tick of its file system's clock (2 s on FAT). */
const SETTLED_MS = 2000;

const memorySchema = z.object({
  /** Raised when a question comes to mean something else. */
  version: z.literal(1),
  answers: z.array(z.tuple([z.string(), z.object({ stamps: z.array(z.string()), answer: z.string() })])),
});

type Answers = Map<string, { stamps: string[]; answer: string }>;

/**
 * Remembers answers in the file at `memoryPath`, under path, device, inode, size and times of modification and change. A memory
 * that is missing, damaged or cannot be written costs only another reading. Of several processes that write at once the last holds.
 */
export function rememberFileChecks(memoryPath: string, { settledMs = SETTLED_MS } = {}): FileChecks {
  return {
    async answer(question, paths, read) {
      const key = JSON.stringify([question, ...paths]);
      const before = await stampFiles(paths, settledMs);
      if (before === undefined) return read();
      const known = (await readMemory(memoryPath)).get(key);
      if (known !== undefined && isSame(known.stamps, before.stamps)) return known.answer;
      const answer = await read();
      const after = await stampFiles(paths, settledMs);
      if (before.areSettled && after !== undefined && isSame(before.stamps, after.stamps))
        await remember(memoryPath, key, { stamps: before.stamps, answer }).catch(() => undefined);
      return answer;
    },
  };
}

/** What tells a file from every other and from itself before a change; undefined where one is missing. */
async function stampFiles(
  paths: readonly string[],
  settledMs: number,
): Promise<{ stamps: string[]; areSettled: boolean } | undefined> {
  const nowMs = Date.now();
  try {
    const files = await Promise.all(paths.map((path) => stat(path, { bigint: true })));
    return {
      stamps: files.map(({ dev, ino, size, mtimeNs, ctimeNs }) =>
        [dev, ino, size, mtimeNs, ctimeNs].join(':'),
      ),
      // The time of change, unlike that of modification, cannot be set back.
      areSettled: files.every(({ ctimeMs }) => Number(ctimeMs) <= nowMs - settledMs),
    };
  } catch {
    return undefined;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((stamp, i) => stamp === b[i]);
}

/** Reads the memory: a line with the sha256 of the rest, then JSON. */
async function readMemory(path: string): Promise<Answers> {
  try {
    if ((await stat(path)).size > MAX_MEMORY_BYTES) return new Map();
    const text = await readFile(path, 'utf8');
    const [checksum, json] = [text.slice(0, 64), text.slice(65)];
    if (checksum !== sha256(json)) return new Map();
    return new Map(memorySchema.parse(JSON.parse(json)).answers);
  } catch {
    return new Map();
  }
}

async function remember(
  path: string,
  key: string,
  value: { stamps: string[]; answer: string },
): Promise<void> {
  const answers = await readMemory(path);
  answers.delete(key);
  answers.set(key, value);
  const json = JSON.stringify({ version: 1, answers: [...answers].slice(-MAX_ANSWERS) });
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, `${sha256(json)}\n${json}`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
