import { setTimeout as wait } from 'node:timers/promises';
import { FacetError, isFacetError, quoteJson } from '@facet/errors';
import { COMMIT } from '../cache/cached-model.ts';
import type { Repository } from '../repository.ts';
import { type RequestSubject, refusalOf, unreachable } from './hub-errors.ts';

/** What a client is made for. */
export interface HubClientOptions {
  endpoint: string;
  token: string | undefined;
  repository: Repository;
  signal: AbortSignal;
  /** Longest time without a byte before a request is given up. @default 60000 ms */
  idleMs?: number;
  /** Wait before the second try; doubled for every further one. @default 1000 ms */
  retryMs?: number;
}

/** Asks one hub about one repository. */
export interface HubClient {
  /** The commit that the revision means, and the files it has. */
  readRevision(): Promise<{ commit: string; paths: string[] }>;
  /** Size and hash of a file, without its bytes. */
  readFileFacts(commit: string, path: string): Promise<RemoteFile>;
  /** Opens the bytes of a file from `start` to its end, handing on each piece. The body ends early where the connection does. */
  readBytes(file: RemoteFile, start: number, sink: BodySink): Promise<void>;
  /** Does `work` again while it fails because the hub is not there and brings nothing new. */
  persist<T>(work: (noteProgress: () => void) => Promise<T>): Promise<T>;
}

/** A file of a commit, as the hub describes it. */
export interface RemoteFile {
  path: string;
  url: string;
  /** Bytes. */
  size: number;
  /** sha256 of the bytes (64 hex digits), or the sha1 that git gives a blob of them (40). */
  hash: string;
}

export interface BodySink {
  /** Tells where the bytes begin: at `start`, or at 0 where the hub gives no ranges. */
  begin(position: number): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
}

const IDLE_MS = 60_000;
const RETRY_MS = 1000;
const MAX_WAIT_MS = 60_000;
/** Tries in a row that bring nothing new. */
const MAX_TRIES = 5;
const MAX_REDIRECTS = 5;
const HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Creates the client; the token goes to the hub's own origin only. */
export function createHubClient(options: HubClientOptions): HubClient {
  const { endpoint, repository, signal } = options;
  const subject = { endpoint, repository, hasToken: options.token !== undefined };
  const request = createRequest(options, subject);
  const persist: HubClient['persist'] = (work) => tryAgain(work, signal, options.retryMs ?? RETRY_MS);
  return {
    persist,
    readRevision: () =>
      persist(async () => {
        const found = await askRevision(request, options).catch((cause: unknown) => {
          if (isFacetError(cause)) throw cause;
          throw malformed(subject, `no description of ${repository.name}`, cause);
        });
        if (COMMIT.test(found.commit)) return found;
        throw malformed(subject, `the commit ${quoteJson(found.commit)} for ${repository.name}`);
      }),
    readFileFacts: (commit, path) =>
      persist(() => readFacts(request, subject, `${endpoint}/${repository.name}/resolve/${commit}/${path}`)),
    readBytes: async ({ url, size }, start, sink) => {
      const headers = { 'Accept-Encoding': 'identity', ...(start > 0 ? { Range: `bytes=${start}-` } : {}) };
      const response = await request(url, { headers });
      const { status } = response;
      if (status === 206 && rangeStart(response) !== start)
        throw malformed(subject, `another range than bytes ${start} to ${size} of ${url}`);
      await sink.begin(status === 206 ? start : 0);
      for await (const chunk of response.body ?? []) await sink.write(chunk as Uint8Array);
    },
  };
}

async function askRevision(
  request: typeof fetch,
  { endpoint, repository }: HubClientOptions,
): Promise<{ commit: string; paths: string[] }> {
  // Loaded where it is needed: a service that only finds models does without.
  const { modelInfo } = await import('@huggingface/hub');
  const { sha, filePaths } = await modelInfo({
    name: repository.name,
    revision: repository.revision,
    hubUrl: endpoint,
    additionalFields: ['sha', 'filePaths'],
    fetch: request,
  });
  const paths = filePaths.filter((path) => typeof path === 'string');
  return { commit: typeof sha === 'string' ? sha : '', paths };
}

/** `fetch` with the token, a limit on silence, and refusals as errors. */
function createRequest(options: HubClientOptions, subject: RequestSubject): typeof fetch {
  const { endpoint, token, signal, idleMs = IDLE_MS } = options;
  const { origin } = new URL(endpoint);
  return async (input, init = {}) => {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`silent for ${idleMs} ms`)), idleMs);
    const headers = new Headers(init.headers);
    const isOwn = new URL(input instanceof Request ? input.url : input).origin === origin;
    if (token !== undefined && isOwn) headers.set('Authorization', `Bearer ${token}`);
    try {
      const response = await fetch(input, {
        ...init,
        headers,
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (response.status >= 400) {
        await response.body?.cancel();
        throw refusalOf(response, subject);
      }
      return watchBody(response, timer, subject, signal);
    } catch (error) {
      clearTimeout(timer);
      throw asFailure(error, subject, signal);
    }
  };
}

/** Lets the timer begin again with every piece of the body, and tells a broken one as `unavailable`. */
function watchBody(
  response: Response,
  timer: NodeJS.Timeout,
  subject: RequestSubject,
  signal: AbortSignal,
): Response {
  const { body, status, statusText, headers } = response;
  if (body === null) {
    clearTimeout(timer);
    return response;
  }
  const reader = body.getReader();
  const watched = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        timer.refresh();
        if (!done) return controller.enqueue(value);
        clearTimeout(timer);
        controller.close();
      } catch (error) {
        clearTimeout(timer);
        controller.error(asFailure(error, subject, signal));
      }
    },
    cancel(reason) {
      clearTimeout(timer);
      return reader.cancel(reason);
    },
  });
  return new Response(watched, { status, statusText, headers });
}

function asFailure(error: unknown, subject: RequestSubject, signal: AbortSignal): unknown {
  if (isFacetError(error)) return error;
  if (signal.aborted)
    return new FacetError('cancelled', 'interrupted: what has come already is kept', { cause: error });
  return unreachable(subject, error);
}

/**
 * Asks for a file without its bytes, following redirects within the hub (a renamed repository, a cached file) but not to the
 * store behind it, which knows neither size nor hash.
 */
async function readFacts(request: typeof fetch, subject: RequestSubject, from: string): Promise<RemoteFile> {
  let url = from;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await request(url, {
      method: 'HEAD',
      redirect: 'manual',
      headers: { 'Accept-Encoding': 'identity' },
    });
    await response.body?.cancel();
    const { headers, ok } = response;
    const location = headers.get('Location');
    const hash = (headers.get('X-Linked-Etag') ?? headers.get('ETag') ?? '').replace(/^W\/|"/g, '');
    const sizeText = headers.get('X-Linked-Size') ?? (ok ? headers.get('Content-Length') : null);
    const size = sizeText === null ? Number.NaN : Number(sizeText);
    if (HASH.test(hash) && Number.isSafeInteger(size) && size >= 0)
      return { path: from.slice(from.lastIndexOf('/') + 1), url: from, size, hash };
    const next = location === null ? undefined : new URL(location, url);
    if (next?.origin !== new URL(from).origin)
      throw malformed(
        subject,
        `no size and hash of ${from} (ETag ${JSON.stringify(hash)}, size ${sizeText})`,
      );
    url = next.href;
  }
  throw malformed(subject, `more than ${MAX_REDIRECTS} redirects for ${from}`);
}

function rangeStart(response: Response): number | undefined {
  const match = /^bytes (\d+)-/.exec(response.headers.get('Content-Range') ?? '');
  return match === null ? undefined : Number(match[1]);
}

function malformed({ endpoint }: RequestSubject, what: string, cause?: unknown): FacetError {
  return new FacetError(
    'precondition',
    `the hub at ${endpoint} answers ${what}, so that what it sends cannot be checked; check HF_ENDPOINT`,
    { cause, reason: 'HUB_ANSWER_MALFORMED' },
  );
}

async function tryAgain<T>(
  work: (noteProgress: () => void) => Promise<T>,
  signal: AbortSignal,
  retryMs: number,
): Promise<T> {
  let tries = 0;
  const noteProgress = () => {
    tries = 0;
  };
  for (;;) {
    try {
      return await work(noteProgress);
    } catch (error) {
      tries++;
      if (!isFacetError(error) || error.kind !== 'unavailable' || tries >= MAX_TRIES) throw error;
      const asked = Number(error.metadata.retryAfterSeconds ?? 0) * 1000;
      await wait(Math.min(MAX_WAIT_MS, Math.max(asked, retryMs * 2 ** (tries - 1))), undefined, {
        signal,
      }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}
