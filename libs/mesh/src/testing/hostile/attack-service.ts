import {
  abandonedStreams,
  cancelStorms,
  cutConnections,
  metadataFloods,
  shortDeadlines,
  unreadStreams,
} from './attack-connections.ts';
import { absurdFields, absurdRequests, brokenFrames, hugeMessages, randomBytes } from './attack-messages.ts';
import { type Battlefield, createBattlefield, type HostileOptions, type Target } from './battlefield.ts';

/** What an attacked service did. */
export interface HostileResult {
  service: string;
  /** Hostile requests, streams and connections. */
  sent: number;
  /** Times that its process ended. */
  crashes: number;
  /** Attacks after which an honest call was not answered in time. */
  wedged: number;
  /** Answers INTERNAL or UNKNOWN. */
  internal_errors: number;
  /** Answers that held a path of the server. */
  paths_leaked: number;
  /** Longest time that honest calls took after an attack, milliseconds. */
  honest_after_ms: number;
  /** By how much its resident memory grew from the first attack to the end, MiB. */
  rss_growth_mib: number;
}

const ATTACKS: readonly [string, (field: Battlefield) => Promise<void>][] = [
  ['random bytes', randomBytes],
  ['absurd fields', absurdFields],
  ['absurd requests', absurdRequests],
  ['huge messages', hugeMessages],
  ['broken frames', brokenFrames],
  ['metadata floods', metadataFloods],
  ['short deadlines', shortDeadlines],
  ['cancel storms', cancelStorms],
  ['abandoned streams', abandonedStreams],
  ['unread streams', unreadStreams],
  ['short deadlines again', shortDeadlines],
  ['cut connections', cutConnections],
];
/** Honest calls that take longer count as never answered. */
const HONEST_LIMIT_MS = 60_000;
const MIB = 2 ** 20;

/** Attacks a service in every way, with honest calls after each, and says how it held. */
export async function attackService(target: Target, options: HostileOptions): Promise<HostileResult> {
  const field = createBattlefield(target, options);
  const found = { crashes: 0, wedged: 0, honestMs: 0 };
  await target.honest();
  const rssBefore = target.rssBytes();
  for (const [name, attack] of ATTACKS) {
    if (!target.isAlive()) break;
    await attack(field).catch((error) => options.report(`${target.name}: ${name}: ${error}`));
    await field.target.tidy().catch((error) => options.report(`${target.name}: after ${name}: ${error}`));
    const honestMs = await timeOf(target.honest);
    options.report(
      `${target.name}: ${name}: ${field.counts.sent} sent, honest calls ${honestMs ?? 'not answered'} ms`,
    );
    if (!target.isAlive()) found.crashes += 1;
    else if (honestMs === undefined) found.wedged += 1;
    found.honestMs = Math.max(found.honestMs, honestMs ?? HONEST_LIMIT_MS);
  }
  field.close();
  const { sent, internalErrors, pathsLeaked } = field.counts;
  return {
    service: target.name,
    sent,
    crashes: found.crashes,
    wedged: found.wedged,
    internal_errors: internalErrors,
    paths_leaked: pathsLeaked,
    honest_after_ms: Math.round(found.honestMs),
    rss_growth_mib: Math.round((target.isAlive() ? target.rssBytes() - rssBefore : 0) / MIB),
  };
}

/** The time of honest calls, milliseconds; undefined where they fail or take too long. */
async function timeOf(honest: () => Promise<void>): Promise<number | undefined> {
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), HONEST_LIMIT_MS);
  });
  const answered = honest().then(
    () => true,
    () => false,
  );
  const isAnswered = await Promise.race([answered, late]).finally(() => clearTimeout(timer));
  return isAnswered ? Math.round(performance.now() - startedMs) : undefined;
}
