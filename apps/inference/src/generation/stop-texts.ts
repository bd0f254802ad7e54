/** Lets text through until a stop text appears in it. */
export interface StopFilter {
  /** Takes new text; returns what is certain not to belong to a stop text, and whether one is complete. */
  push(text: string): { text: string; stopped: boolean };
  /** Returns the text that was held back, when nothing follows. */
  end(): string;
}

/**
 * Creates a filter for `stops`, none of them empty. The stop text that is complete first ends the text (of several
 * ending together the longest), so that the answer does not depend on how the text came in pieces. Text is held back
 * only while it can still become a stop text.
 */
export function createStopFilter(stops: readonly string[]): StopFilter {
  let held = '';
  return {
    push(text) {
      held += text;
      const start = firstStop(held, stops);
      if (start !== undefined) {
        const released = held.slice(0, start);
        held = '';
        return { text: released, stopped: true };
      }
      const keep = longestBeginning(held, stops);
      const released = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: released, stopped: false };
    },
    end() {
      const released = held;
      held = '';
      return released;
    },
  };
}

/** Where the stop text starts that is complete first. */
function firstStop(text: string, stops: readonly string[]): number | undefined {
  let best: { start: number; end: number } | undefined;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    if (start < 0) continue;
    const end = start + stop.length;
    if (best === undefined || end < best.end || (end === best.end && start < best.start))
      best = { start, end };
  }
  return best?.start;
}

/** Length of the longest end of `text` that is the beginning of a stop text. */
function longestBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops)
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
      if (text.endsWith(stop.slice(0, length))) longest = length;
  return longest;
}
