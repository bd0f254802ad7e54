import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A hub over real HTTP on loopback, with its store of large files at another origin, as the real one. */
export interface HubServer {
  endpoint: string;
  /** Origin of the store that large files are redirected to. */
  storeOrigin: string;
  commit: string;
  /** File name to bytes; `*.safetensors` lie in the store. Tests may change it. */
  files: Map<string, Buffer>;
  /** Requests so far, in order. */
  requests: HubRequest[];
  /** What goes wrong; changed by tests. */
  faults: HubFaults;
  close(): Promise<void>;
}

export interface HubRequest {
  method: string;
  /** Path and query. */
  url: string;
  origin: 'hub' | 'store';
  range: string | undefined;
  authorization: string | undefined;
}

export interface HubFaults {
  /** Answers every request to the hub with this status. */
  status?: { code: number; headers?: Record<string, string> };
  /** Answers questions about revisions with this instead of JSON that describes them. */
  description?: string;
  /** Times that the first answers fail with 503. */
  unavailable?: number;
  /** Bytes after which the connection to the store breaks, one entry for every body; later ones are whole. */
  cuts?: number[];
  /** Sends a body until it is cut off, then nothing, keeping the connection. */
  isSilent?: boolean;
  /** Ignores ranges, as some mirrors do. */
  isWithoutRanges?: boolean;
  /** Sends these bytes instead of the file's own. */
  wrongBytes?: Map<string, Buffer>;
  /** Token that is asked for. */
  token?: string;
}

/** Starts the hub with one repository, `org/tiny`, that has the branch main. */
export async function startHubServer(files: Record<string, Buffer | string>): Promise<HubServer> {
  const hub: HubServer = {
    endpoint: '',
    storeOrigin: '',
    commit: 'c0ffee'.padEnd(40, '0'),
    files: new Map(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes as Buffer)])),
    requests: [],
    faults: {},
    async close() {
      await Promise.all(servers.map(stop));
    },
  };
  const servers = await Promise.all([
    listen((request, response) => answerHub(hub, request, response)),
    listen((request, response) => answerStore(hub, request, response)),
  ]);
  [hub.endpoint, hub.storeOrigin] = servers.map(originOf) as [string, string];
  return hub;
}

const REPOSITORY = 'org/tiny';

function answerHub(hub: HubServer, request: IncomingMessage, response: ServerResponse): unknown {
  const { faults } = hub;
  note(hub, 'hub', request);
  if (faults.status) return refuse(response, faults.status.code, faults.status.headers);
  if ((faults.unavailable ?? 0) > 0) {
    faults.unavailable!--;
    return refuse(response, 503);
  }
  if (faults.token !== undefined && request.headers.authorization !== `Bearer ${faults.token}`)
    return refuse(response, 401, { 'X-Error-Code': 'RepoNotFound' });
  const path = decodeURIComponent(new URL(request.url!, hub.endpoint).pathname);
  const revision = new RegExp(`^/api/models/${REPOSITORY}/revision/(.+)$`).exec(path)?.[1];
  if (revision !== undefined) return answerRevision(hub, revision, response);
  const file = new RegExp(`^/${REPOSITORY}/resolve/${hub.commit}/(.+)$`).exec(path)?.[1];
  const cached = /^\/cached\/(.+)$/.exec(path)?.[1];
  const bytes = hub.files.get(file ?? cached ?? '');
  if (bytes === undefined)
    return refuse(response, 404, { 'X-Error-Code': file === undefined ? 'RepoNotFound' : 'EntryNotFound' });
  if (cached !== undefined) return sendBytes(hub, cached, request, response);
  answerFile(hub, file!, bytes, response);
}

function answerRevision(hub: HubServer, revision: string, response: ServerResponse): unknown {
  if (revision !== 'main' && revision !== 'refs/pr/1' && revision !== hub.commit)
    return refuse(response, 404, { 'X-Error-Code': 'RevisionNotFound' });
  const siblings = [...hub.files.keys()].map((rfilename) => ({ rfilename }));
  response.setHeader('Content-Type', 'application/json');
  if (hub.faults.description !== undefined) return response.end(hub.faults.description);
  response.end(JSON.stringify({ _id: '1', id: REPOSITORY, sha: hub.commit, siblings, lastModified: 0 }));
}

/** Large files lie in the store, others are redirected within the hub. */
function answerFile(hub: HubServer, file: string, bytes: Buffer, response: ServerResponse): void {
  response.setHeader('X-Repo-Commit', hub.commit);
  if (file.endsWith('.safetensors')) {
    response.setHeader('X-Linked-Size', bytes.length);
    response.setHeader('X-Linked-Etag', `"${hashOf(file, bytes)}"`);
    response.setHeader('Location', `${hub.storeOrigin}/${file}`);
    response.writeHead(302).end();
  } else {
    response.setHeader('Location', `/cached/${file}`);
    response.writeHead(307).end();
  }
}

function answerStore(hub: HubServer, request: IncomingMessage, response: ServerResponse): void {
  note(hub, 'store', request);
  sendBytes(hub, request.url!.slice(1), request, response);
}

function sendBytes(
  hub: HubServer,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const { faults } = hub;
  const whole = hub.files.get(file)!;
  const bytes = faults.wrongBytes?.get(file) ?? whole;
  const start = faults.isWithoutRanges
    ? 0
    : Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > 0 && start >= bytes.length) return refuse(response, 416);
  if (start > 0) response.setHeader('Content-Range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
  response.setHeader('Content-Length', bytes.length - start);
  const isOfStore = !request.url!.startsWith('/cached');
  response.setHeader('ETag', isOfStore ? '"of-the-store"' : `W/"${hashOf(file, whole)}"`);
  response.writeHead(start > 0 ? 206 : 200);
  if (request.method === 'HEAD') return response.end();
  const cut = isOfStore ? faults.cuts?.shift() : undefined;
  if (cut === undefined) return response.end(bytes.subarray(start));
  response.write(bytes.subarray(start, start + cut), () => {
    if (!faults.isSilent) response.destroy();
  });
}

/** sha256 of what lies in the store, git's sha1 of what lies in the repository. */
function hashOf(file: string, bytes: Buffer): string {
  if (file.endsWith('.safetensors')) return createHash('sha256').update(bytes).digest('hex');
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function note(hub: HubServer, origin: HubRequest['origin'], request: IncomingMessage): void {
  const { method, url, headers } = request;
  hub.requests.push({
    method: method!,
    url: url!,
    origin,
    range: headers.range,
    authorization: headers.authorization,
  });
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end('no');
}

function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
