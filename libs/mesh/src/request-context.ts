import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What is known about the call that the current code runs for. */
export interface RequestContext {
  readonly requestId: string;
}

/** Metadata key that carries the request id between services. */
export const REQUEST_ID_KEY = 'x-request-id';

const REQUEST_ID = /^[\w.:-]{1,128}$/;
const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the call that is being served, or undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work` as part of the call `context`, so that its logs and calls carry the request id. */
export function withRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Takes over a caller's request id if it is well-formed, else makes one. */
export function requestIdFrom(received: string | undefined): string {
  return received !== undefined && REQUEST_ID.test(received) ? received : randomUUID();
}

/**
 * Runs every step of `generator` as part of the call `context` (an async generator alone would take its caller's), and
 * ends it at its next step once `signal` has aborted, whether or not it looks at the signal itself.
 */
export async function* generateWithRequest<T, R>(
  context: RequestContext,
  generator: AsyncGenerator<T, R, undefined>,
  signal: AbortSignal,
): AsyncGenerator<T, R, undefined> {
  let finished = false;
  try {
    for (;;) {
      const step = await withRequest(context, () => generator.next());
      finished = step.done === true;
      if (step.done) return step.value;
      signal.throwIfAborted();
      yield step.value;
    }
  } finally {
    if (!finished) await withRequest(context, () => generator.return(undefined as R));
  }
}
