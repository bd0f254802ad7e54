/**
 * Maps `inputs` in order with at most `ahead` calls of `map` under way, so that a peer always has the next
 * request
 * while an answer is used. Ends, and stops pulling, at the first error; calls still running get to end by
 * themselves.
 */
export async function* mapAhead<In, Out>(
  inputs: Iterable<In> | AsyncIterable<In>,
  ahead: number,
  map: (input: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const running: Promise<Out>[] = [];
  try {
    for await (const input of inputs) {
      const call = map(input);
      // Seen when its turn comes; until then it must not count as unhandled.
      call.catch(() => {});
      running.push(call);
      if (running.length >= ahead) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    await Promise.allSettled(running);
  }
}
