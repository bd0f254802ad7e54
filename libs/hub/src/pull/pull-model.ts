import { mkdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError, isFacetError } from '@facet/errors';
import { parseModelConfig, readWeightIndex, resolveWeightFiles } from '@facet/transformer';
import { findCachedModel } from '../cache/cached-model.ts';
import { describeRepository, type Repository, repositoryFolder } from '../repository.ts';
import { type HubSettings, readToken } from '../settings.ts';
import { chooseFiles, requireShards } from './choose-files.ts';
import { downloadBlob } from './download-blob.ts';
import { createHubClient, type HubClient, type HubClientOptions, type RemoteFile } from './hub-client.ts';
import { abandonedBytes } from './partial-file.ts';
import { publishSnapshot } from './publish-snapshot.ts';

/** How far a pull has come. */
export interface PullProgress {
  /** File that is being fetched or checked. */
  file: string;
  doneBytes: number;
  totalBytes: number;
}

/** A model that is in the cache, whole and checked. */
export interface PulledModel {
  repository: Repository;
  commit: string;
  directory: string;
  /** Bytes of its files. */
  bytes: number;
}

export interface PullOptions extends Pick<HubClientOptions, 'idleMs' | 'retryMs'> {
  signal: AbortSignal;
  onProgress?(progress: PullProgress): void;
}

/** Largest file that is no weight file. */
const MAX_SMALL_BYTES = 256 * 1024 * 1024;
/** Files of one model: the largest open checkpoints have a few hundred. */
const MAX_FILES = 4096;

/**
 * Brings a model from the hub into the Hugging Face cache: only the files that it is read from, those that tell whether it is
 * supported first. What lies there already is checked by its hash and kept; a partial file is gone on with. The model appears
 * in the cache once every file of it is whole. Without leave to ask the hub it must be there already.
 */
export async function pullModel(
  repository: Repository,
  settings: HubSettings,
  options: PullOptions,
): Promise<PulledModel> {
  if (settings.isOffline) return fromCache(repository, settings);
  try {
    return await fromHub(repository, settings, options);
  } catch (cause) {
    if (isFacetError(cause) || !options.signal.aborted) throw cause;
    throw new FacetError('cancelled', 'interrupted: what has come already is kept', { cause });
  }
}

async function fromHub(
  repository: Repository,
  settings: HubSettings,
  options: PullOptions,
): Promise<PulledModel> {
  const { endpoint, cacheDirectory } = settings;
  const client = createHubClient({ endpoint, token: await readToken(settings), repository, ...options });
  const label = describeRepository(repository);
  const { commit, paths } = await client.readRevision();
  const { small, weights } = chooseFiles(paths, label);
  const folder = join(cacheDirectory, repositoryFolder(repository.name));
  const fetch = await createFetcher({ client, commit, folder, options });
  const first = await fetch(small, MAX_SMALL_BYTES);
  await requireSupported(first.get('config.json')!, label);
  const index = Array.isArray(weights) ? new Map() : await fetch([weights.index], MAX_SMALL_BYTES);
  const shards = Array.isArray(weights) ? weights : await readShards([...index.values()][0]!);
  requireShards(shards, paths, label);
  if (shards.length > MAX_FILES)
    throw new FacetError('invalid', `${label} has ${shards.length} weight files; the limit is ${MAX_FILES}`);
  const last = await fetch(shards, Number.MAX_SAFE_INTEGER);
  const blobs = new Map([...first, ...last, ...index]);
  const directory = await publishSnapshot({ folder, commit, revision: repository.revision, blobs });
  const sizes = await Promise.all([...blobs.values()].map(async (blob) => (await stat(blob)).size));
  return { repository, commit, directory, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

interface FetcherOptions {
  client: HubClient;
  commit: string;
  /** Folder of the repository in the cache. */
  folder: string;
  options: PullOptions;
}

/** Makes what fetches some files of the commit and gives their blobs by name. */
async function createFetcher({ client, commit, folder, options }: FetcherOptions) {
  const blobs = join(folder, 'blobs');
  await makeFolder(blobs);
  return async (names: readonly string[], maxBytes: number): Promise<Map<string, string>> => {
    const files: RemoteFile[] = [];
    for (const path of names) files.push({ ...(await client.readFileFacts(commit, path)), path });
    const large = files.find(({ size }) => size > maxBytes);
    if (large !== undefined)
      throw new FacetError('invalid', `${large.path} has ${large.size} bytes; the limit is ${maxBytes}`);
    const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    await requireSpace(blobs, files);
    const found = new Map<string, string>();
    let before = 0;
    for (const file of files) {
      const onBytes = (here: number) =>
        options.onProgress?.({ file: file.path, doneBytes: before + here, totalBytes });
      found.set(file.path, await downloadBlob(file, { client, blobs, signal: options.signal, onBytes }));
      before += file.size;
    }
    return found;
  };
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new FacetError(
      'precondition',
      `the cache ${path} cannot be made (${(cause as NodeJS.ErrnoException).code}); set HF_HUB_CACHE to a folder that can be written`,
      { cause, reason: 'CACHE_NOT_WRITABLE' },
    );
  }
}

/** Refuses what does not fit on the disk before a byte of it comes. */
async function requireSpace(blobs: string, files: readonly RemoteFile[]): Promise<void> {
  const lacking = await Promise.all(
    files.map(async ({ hash, size }) => {
      const whole = (await stat(join(blobs, hash)).catch(() => undefined))?.size;
      return whole === size ? 0 : size - (await abandonedBytes(blobs, hash));
    }),
  );
  const needed = lacking.reduce((sum, bytes) => sum + bytes, 0);
  const { bavail, bsize } = await statfs(blobs);
  if (needed > bavail * bsize)
    throw new FacetError(
      'exhausted',
      `the files need ${needed} bytes and ${blobs} has room for ${bavail * bsize}; free some, or set HF_HUB_CACHE to another disk`,
      { reason: 'DISK_FULL' },
    );
}

/** Reads the configuration as loading will, so that what cannot run is told before its weights are fetched. */
async function requireSupported(path: string, label: string): Promise<void> {
  parseModelConfig(await readFile(path, 'utf8'), `config.json of ${label}`);
}

async function readShards(index: string): Promise<string[]> {
  return [...new Set((await readWeightIndex(index)).values())].sort();
}

async function fromCache(repository: Repository, { cacheDirectory }: HubSettings): Promise<PulledModel> {
  const directory = await findCachedModel(cacheDirectory, repository);
  if (directory === undefined)
    throw new FacetError(
      'not-found',
      `${describeRepository(repository)} is not in the cache ${cacheDirectory}, and HF_HUB_OFFLINE forbids to ask the hub; unset it and pull again`,
      { reason: 'HUB_OFFLINE' },
    );
  const { folder, files } = await resolveWeightFiles(directory);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return {
    repository,
    commit: directory.slice(directory.lastIndexOf('/') + 1),
    directory,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}
