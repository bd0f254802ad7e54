import type { JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { NatsLink } from './nats-connection.ts';
import { HAND_BACKS_STREAM, JOBS_STREAM } from './nats-streams.ts';

/** Number of the message that the count is of: a job that is queued again under the same id begins anew. */
const JOB_HEADER = 'Facet-Job';
const COUNT_HEADER = 'Facet-Hand-Backs';

/**
 * Tells how often a job was handed back by workers that stopped. NATS counts deliveries only, so this count is kept
 * beside the job, one message for every job; events are never handed back.
 */
export async function countHandBacks({ manager, persist }: NatsLink, message: JsMsg): Promise<number> {
  const { stream, deliveryCount } = message.info;
  if (deliveryCount === 1 || stream !== JOBS_STREAM) return 0;
  const stored = await persist('cannot read how often a job was handed back', () =>
    manager.streams.getMessage(HAND_BACKS_STREAM, { last_by_subj: subjectOf(message) }),
  );
  return stored?.header.get(JOB_HEADER) === String(message.seq) ? Number(stored.header.get(COUNT_HEADER)) : 0;
}

/** Keeps how often a job was handed back; to be done before it is, so that its next delivery finds the count. */
export async function recordHandBack({ client }: NatsLink, message: JsMsg, count: number): Promise<void> {
  if (message.info.stream !== JOBS_STREAM) return;
  const header = headers();
  header.set(JOB_HEADER, String(message.seq));
  header.set(COUNT_HEADER, String(count));
  await client.publish(subjectOf(message), new Uint8Array(), { headers: header });
}

function subjectOf({ subject }: JsMsg): string {
  return subject.replace('facet.jobs.', 'facet.hand-backs.');
}
