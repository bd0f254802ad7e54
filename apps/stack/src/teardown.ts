/** Things that were started, to be stopped in the opposite order. */
export interface Teardown {
  /** Notes how to stop something that has just started. */
  add(stop: () => Promise<void>): void;
  /** Stops everything, the newest first; throws the first error after all had their turn. Does nothing twice. */
  run(): Promise<void>;
}

/** Creates an empty teardown. */
export function createTeardown(): Teardown {
  const stops: (() => Promise<void>)[] = [];
  return {
    add: (stop) => {
      stops.push(stop);
    },
    run: async () => {
      const errors: unknown[] = [];
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
        await stop().catch((error: unknown) => errors.push(error));
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
