import { randomUUID } from 'node:crypto';
import { DeliverPolicy, JetStreamApiError, type JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { DeadLetter, JobKind } from './event-bus.ts';
import { queueFull } from './limits.ts';
import type { NatsLink } from './nats-connection.ts';
import { ID_HEADER } from './nats-events.ts';
import { DEAD_STREAM, JOBS_STREAM } from './nats-streams.ts';
import { encodeToken } from './subjects.ts';

export const REASON_HEADER = 'Facet-Reason';
export const ATTEMPTS_HEADER = 'Facet-Attempts';

/** Dead letters that are listed at most. */
const MAX_LISTED = 1_000;
const LIST_EXPIRES_MS = 2_000;
const MAX_REASON_CHARS = 1_000;

/** Queues a job unless one of the same id is there: the stream holds one message for every subject. */
export async function enqueueJob(
  { client, persist }: NatsLink,
  kind: JobKind,
  { id, payload }: { id: string; payload: Uint8Array },
): Promise<void> {
  const header = headers();
  header.set(ID_HEADER, id);
  const msgID = randomUUID();
  const publish = () => client.publish(jobSubject(kind, id), payload, { msgID, headers: header });
  try {
    await persist(`cannot queue ${kind} job ${id}`, publish);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    if (error.message.includes('maximum messages per subject')) return;
    throw error.message.includes('maximum messages') ? queueFull() : error;
  }
}

/** Tells which of these jobs the stream does not hold. */
export async function unqueuedJobs(
  { manager, persist }: NatsLink,
  kind: JobKind,
  ids: readonly string[],
): Promise<string[]> {
  const { state } = await persist('cannot read the queue', () =>
    manager.streams.info(JOBS_STREAM, { subjects_filter: `facet.jobs.${kind}.>` }),
  );
  const queued = state.subjects ?? {};
  return ids.filter((id) => !Object.hasOwn(queued, jobSubject(kind, id)));
}

/** Keeps a job that was given up, under its own subject in FACET_DEAD. */
export async function buryJob({ client, persist }: NatsLink, job: JsMsg, letter: DeadLetter): Promise<void> {
  const header = headers();
  header.set(ID_HEADER, letter.id);
  header.set(REASON_HEADER, letter.reason.replace(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_REASON_CHARS));
  header.set(ATTEMPTS_HEADER, String(letter.attempts));
  const subject = job.subject.replace('facet.jobs.', 'facet.dead.');
  const msgID = `job-${job.seq}`;
  await persist('cannot keep a dead letter', () =>
    client.publish(subject, job.data, { msgID, headers: header }),
  );
}

function jobSubject(kind: JobKind, id: string): string {
  return `facet.jobs.${kind}.${encodeToken(id)}`;
}

/** Reads the newest dead letters of a kind, oldest first. */
export async function listDeadLetters({ client, persist }: NatsLink, kind: JobKind): Promise<DeadLetter[]> {
  return persist('cannot list dead letters', async () => {
    const consumer = await client.consumers.get(DEAD_STREAM, {
      filter_subjects: `facet.dead.${kind}.*`,
      deliver_policy: DeliverPolicy.All,
    });
    const { num_pending: available } = await consumer.info(true);
    const letters: DeadLetter[] = [];
    if (available === 0) return letters;
    const messages = await consumer.fetch({ max_messages: available, expires: LIST_EXPIRES_MS });
    for await (const message of messages) letters.push(toDeadLetter(message));
    return letters.slice(-MAX_LISTED);
  });
}

function toDeadLetter({ data, headers: header }: JsMsg): DeadLetter {
  return {
    id: header?.get(ID_HEADER) ?? '',
    payload: data,
    attempts: Number(header?.get(ATTEMPTS_HEADER)),
    reason: header?.get(REASON_HEADER) ?? '',
  };
}
