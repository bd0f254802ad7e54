/** Turns ids into text one by one: what `push` and `end` returned, joined, is the text of all ids. */
export interface DecodeStream {
  /** Returns the text that `id` completes: whole characters only, so "" while one is under way. */
  push(id: number): string;
  /** Returns what is left, with U+FFFD for a character that was never completed. */
  end(): string;
  /** Where the stream stands: another stream that starts here goes on as this one would. */
  readonly state: DecodeState;
}

/** A place between two tokens of a stream; plain data. */
export interface DecodeState {
  /** The last settled ids. */
  context: readonly number[];
  /** Their text. */
  contextText: string;
  /** Ids of a character that is under way. */
  pending: readonly number[];
}

/** Stands for bytes that are no character, and for those that may still become one. */
const INCOMPLETE = '\uFFFD';
/** An incomplete UTF-8 character has at most three bytes, so what lies further back is settled. */
const MAX_INCOMPLETE_TOKENS = 3;
/** How many settled tokens are decoded again with new ones, so that spaces and bytes join as in one text. */
const CONTEXT_TOKENS = 8;

/** The state of a stream before its first id; `after` are the ids before it. */
export function startDecoding(
  decode: (ids: readonly number[]) => string,
  after: readonly number[] = [],
): DecodeState {
  const context = after.slice(-CONTEXT_TOKENS);
  return { context, contextText: decode(context), pending: [] };
}

/**
 * Streams `decode`, a function of whole id sequences, from `state` on: decodes a short window with and without the new
 * ids and returns the difference once it ends in a whole character.
 */
export function createDecodeStream(
  decode: (ids: readonly number[]) => string,
  state: DecodeState,
): DecodeStream {
  let { context, contextText, pending } = state;

  const settle = (count: number): string => {
    const settled = [...context, ...pending.slice(0, count)];
    const text = decode(settled).slice(contextText.length);
    pending = pending.slice(count);
    context = settled.slice(-CONTEXT_TOKENS);
    contextText = decode(context);
    return text;
  };
  return {
    get state() {
      return { context, contextText, pending };
    },
    push: (id) => {
      pending = [...pending, id];
      if (!decode([...context, ...pending]).endsWith(INCOMPLETE)) return settle(pending.length);
      // A character that began further back would have been completed, and settled, by now.
      return settle(Math.max(0, pending.length - MAX_INCOMPLETE_TOKENS));
    },
    end: () => settle(pending.length),
  };
}
