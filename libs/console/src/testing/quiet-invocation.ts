import type { Invocation } from '../command/invocation.ts';
import { createPalette } from '../text/palette.ts';

/** A call of a command that nobody watches and nothing interrupts. */
export function quietInvocation(): Invocation {
  const stage = { update: () => undefined, done: () => undefined, stopped: () => undefined };
  return {
    signal: new AbortController().signal,
    env: process.env,
    progress: { stage: () => stage, note: () => undefined, close: () => undefined },
    palette: createPalette(false),
    columns: 100,
    json: true,
    print: () => undefined,
  };
}
