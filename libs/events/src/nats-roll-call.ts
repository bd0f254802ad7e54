import { errors } from '@nats-io/transport-node';
import type { JobKind } from './event-bus.ts';
import type { RunningJobs } from './job-runner.ts';
import type { NatsLink } from './nats-connection.ts';

/** How long workers may take to answer: their event loop is never busy for as long as this. */
const ANSWER_MS = 2_000;

/** Answers roll calls with the jobs that this process runs; returns how to stop. */
export function answerRollCalls({ connection }: NatsLink, kind: JobKind, running: RunningJobs): () => void {
  const subscription = connection.subscribe(subjectOf(kind), {
    callback: (error, message) => {
      if (error === null) message.respond(JSON.stringify([...running.keys()]));
    },
  });
  return () => subscription.unsubscribe();
}

/** Asks every worker which jobs of a kind it runs: a job goes on whose queue was lost. */
export async function callTheRoll({ connection }: NatsLink, kind: JobKind): Promise<Set<string>> {
  const running = new Set<string>();
  try {
    const answers = await connection.requestMany(subjectOf(kind), new Uint8Array(), {
      strategy: 'timer',
      maxWait: ANSWER_MS,
    });
    for await (const answer of answers) for (const id of answer.json<string[]>()) running.add(id);
  } catch (error) {
    if (!(error instanceof errors.NoRespondersError)) throw error;
  }
  return running;
}

/** Plain NATS, below the token of live messages: no stream stores it, so nothing of it is lost with one. */
function subjectOf(kind: JobKind): string {
  return `facet.live.jobs.${kind}`;
}
