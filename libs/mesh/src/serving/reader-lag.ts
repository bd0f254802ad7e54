/** How far a reader is behind: the time that messages waited for it, less what their bytes may take. */
export interface ReaderLag {
  /** A message waits for the reader. */
  offer(): void;
  /** The reader has taken the message, of so many bytes. */
  take(bytes: number): void;
  /** The lag now, milliseconds. */
  ms(): number;
}

/** A reader that takes less than this in a second falls behind; slower than any line, faster than a trickle. */
const MIN_BYTES_PER_SECOND = 1024;

/** Measures one reader; `now` is a clock in milliseconds. */
export function createReaderLag(now: () => number = () => performance.now()): ReaderLag {
  let behindMs = 0;
  let waitingSinceMs: number | undefined;
  const ms = () => behindMs + (waitingSinceMs === undefined ? 0 : now() - waitingSinceMs);
  return {
    offer() {
      waitingSinceMs ??= now();
    },
    take(bytes) {
      behindMs = Math.max(0, ms() - (1000 * bytes) / MIN_BYTES_PER_SECOND);
      waitingSinceMs = undefined;
    },
    ms,
  };
}
