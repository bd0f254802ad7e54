/** A bounded queue between a pusher and one reader that iterates. */
export interface MessageQueue<T> extends AsyncIterable<T> {
  /** Adds a message; when the queue is full the oldest is dropped. */
  push(message: T): void;
  /** Ends the iteration after what is queued; with an error, it throws then. */
  end(error?: Error): void;
}

export interface MessageQueueOptions {
  /** Messages kept for a slow reader; the oldest are dropped beyond. @default unbounded: the pusher waits for acks */
  limit?: number;
  signal?: AbortSignal | undefined;
  /** Called once, when the reader leaves, the signal aborts or the queue ends. */
  onEnd?: () => void;
}

/** Creates a queue that ends with `signal` and when its reader leaves the loop. */
export function createMessageQueue<T>({
  limit = Number.POSITIVE_INFINITY,
  signal,
  onEnd,
}: MessageQueueOptions): MessageQueue<T> {
  const messages: T[] = [];
  let wake = () => {};
  let ended = false;
  let failure: Error | undefined;
  const end = (error?: Error) => {
    if (ended) return;
    ended = true;
    failure = error;
    signal?.removeEventListener('abort', abort);
    wake();
    onEnd?.();
  };
  const abort = () => {
    messages.length = 0;
    end();
  };
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });

  async function* read(): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (messages.length > 0) yield messages.shift()!;
        if (failure !== undefined) throw failure;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      end();
    }
  }
  const push = (message: T) => {
    if (ended) return;
    if (messages.length >= limit) messages.shift();
    messages.push(message);
    wake();
  };
  return { push, end, [Symbol.asyncIterator]: read };
}
