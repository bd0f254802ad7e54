import type { ClientHttp2Session } from 'node:http2';
import { type DescMethod, describeService } from '@facet/contracts';
import { Status } from 'nice-grpc-common';
import { callRaw, frame, openRaw, type RawAnswer, type RawCall } from '../raw-call.ts';
import type { World } from './requests.ts';

/** A service under attack, which runs as a process of its own. */
export interface Target {
  name: string;
  /** `host:port`. */
  address: string;
  /** Full names of its gRPC services. */
  services: readonly string[];
  /** What honest requests to a method hold. */
  world(method: DescMethod): World;
  /** Makes honest calls; throws where one is not answered as it should be. */
  honest(): Promise<void>;
  /** Undoes what attacks have begun, such as runs that would train for days. */
  tidy(): Promise<void>;
  /** Whether the process still runs. */
  isAlive(): boolean;
  /** Resident memory of the process, bytes. */
  rssBytes(): number;
  /** What this process, and those that it called, have logged of a request, by its id. */
  logged(requestId: string): readonly string[];
  /** Texts that no answer may hold: folders of the server. */
  secrets: readonly string[];
}

export interface HostileOptions {
  /** Share of the requests of the long form that are sent, over 0 to 1. */
  share: number;
  /** Seed of what is random. */
  seed: number;
  /** Told of everything that does not hold, and of every attack. */
  report: (line: string) => void;
}

/** What the attacks on one service share. */
export interface Battlefield {
  readonly target: Target;
  readonly options: HostileOptions;
  readonly methods: readonly DescMethod[];
  readonly counts: { sent: number; internalErrors: number; pathsLeaked: number };
  /** Connections to send on; a broken one is replaced. */
  session(i: number): ClientHttp2Session;
  /** Sends one message and judges the answer. */
  send(method: DescMethod, message: Uint8Array, what: string): Promise<RawAnswer>;
  /** Makes one call and judges the answer. */
  call(call: RawCall, what: string): Promise<RawAnswer>;
  /** Works through `items`, so many at a time. */
  each<T>(items: Iterable<T>, work: (item: T, i: number) => Promise<unknown>, atOnce?: number): Promise<void>;
  close(): void;
}

const CONNECTIONS = 4;
const AT_ONCE = 16;
/** Time that a call of the attacks gets, as gRPC writes it. */
const CALL_TIMEOUT = '10S';

/** The path of a method as gRPC writes it. */
export function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** Opens the connections to a target. */
export function createBattlefield(target: Target, options: HostileOptions): Battlefield {
  const sessions: ClientHttp2Session[] = [];
  const counts = { sent: 0, internalErrors: 0, pathsLeaked: 0 };
  const session = (i: number) => {
    const at = i % CONNECTIONS;
    if (sessions[at] === undefined || sessions[at].closed || sessions[at].destroyed)
      sessions[at] = openRaw(target.address);
    return sessions[at];
  };
  const call: Battlefield['call'] = async (given, what) => {
    const headers = { 'grpc-timeout': CALL_TIMEOUT, ...given.headers };
    const answer = await callRaw(session(counts.sent++), { ...given, headers });
    judge(answer, given, what);
    return answer;
  };

  function judge({ status, message }: RawAnswer, { path, body }: RawCall, what: string): void {
    const complain = (problem: string) =>
      options.report(
        `${target.name} ${problem} ${path}: ${what}: ${status} ${JSON.stringify(message.slice(0, 300))}`,
      );
    if (status === Status.INTERNAL || status === Status.UNKNOWN) {
      counts.internalErrors += 1;
      complain('fails at');
      const [, requestId] = /request id ([\w-]+)/.exec(message) ?? [];
      if (requestId) for (const line of target.logged(requestId)) options.report(line);
    }
    if (target.secrets.some((secret) => tells(message, secret, body))) {
      counts.pathsLeaked += 1;
      complain('leaks a path at');
    }
  }

  return {
    target,
    options,
    methods: target.services.flatMap((service) => describeService(service)?.methods ?? []),
    counts,
    session,
    call,
    send: (method, message, what) => call({ path: pathOf(method), body: frame(message) }, what),
    each: (items, work, atOnce = AT_ONCE) => inParallel(items, work, atOnce),
    close: () => {
      for (const open of sessions) open?.destroy();
    },
  };
}

/** Whether a message holds a folder of the server, and not in a path that the caller sent. */
function tells(message: string, secret: string, sent: Uint8Array | undefined): boolean {
  const own = Buffer.from(sent ?? []);
  for (let at = message.indexOf(secret); at >= 0; at = message.indexOf(secret, at + 1)) {
    const [path] = /^[^\s"'…,;]*/.exec(message.slice(at))!;
    if (!own.includes(path)) return true;
  }
  return false;
}

async function inParallel<T>(
  items: Iterable<T>,
  work: (item: T, i: number) => Promise<unknown>,
  atOnce: number,
): Promise<void> {
  const source = items[Symbol.iterator]();
  let next = 0;
  const worker = async () => {
    for (let step = source.next(); !step.done; step = source.next()) await work(step.value, next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
