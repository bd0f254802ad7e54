import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What is known about the call that the current code runs for. */
export interface RequestContext {
  readonly requestId: string;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /** Ends the call with an error that was thrown outside of its handler. */
  readonly fail?: (error: unknown) => void;
}

/** Metadata key that carries the request id between services. */
export const REQUEST_ID_KEY = 'x-request-id';

const REQUEST_ID = /^[\w.:-]{1,128}$/;
const storage = new AsyncLocalStorage<RequestContext | undefined>();

/** The context of the call that is being served, or undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work` as part of the call `context`, so that its logs and calls carry the request id. */
export function withRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Runs work that other calls will share: it does not end with the one that happens to begin it. */
export function withoutRequest<T>(work: () => T): T {
  return storage.run(undefined, work);
}

/** Takes over a caller's request id if it is well-formed, else makes one. */
export function requestIdFrom(received: string | undefined): string {
  return received !== undefined && REQUEST_ID.test(received) ? received : randomUUID();
}

export interface GenerationSignals {
  /** Ends the generator at its next step, whether or not it looks at the signal itself. */
  signal: AbortSignal;
  /** Aborts with an error that was thrown outside of the generator, which may be waiting for ever because of it. */
  lost: AbortSignal;
}

/**
 * Runs every step of `generator` as part of the call `context` (an async generator alone would take its caller's), and
 * ends it when one of the signals says so.
 */
export async function* generateWithRequest<T, R>(
  context: RequestContext,
  generator: AsyncGenerator<T, R, undefined>,
  { signal, lost }: GenerationSignals,
): AsyncGenerator<T, R, undefined> {
  let finished = false;
  try {
    for (;;) {
      const step = await unlessLost(
        withRequest(context, () => generator.next()),
        lost,
      );
      finished = step.done === true;
      if (step.done) return step.value;
      signal.throwIfAborted();
      yield step.value;
    }
  } finally {
    const ended = finished || withRequest(context, () => generator.return(undefined as R));
    if (lost.aborted) Promise.resolve(ended).catch(() => {});
    else await ended;
  }
}

async function unlessLost<T>(step: Promise<T>, lost: AbortSignal): Promise<T> {
  let onLost = () => {};
  const failure = new Promise<never>((_, reject) => {
    onLost = () => reject(lost.reason);
    lost.addEventListener('abort', onLost, { once: true });
  });
  try {
    return await Promise.race([step, failure]);
  } finally {
    lost.removeEventListener('abort', onLost);
  }
}
