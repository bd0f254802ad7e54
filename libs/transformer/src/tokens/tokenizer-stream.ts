/** Turns ids into text, all at once. */
export type Decode = (ids: readonly number[]) => Promise<string>;

/** Turns ids into text one by one: what `push` and `end` returned, joined, is the text of all ids. */
export interface DecodeStream {
  /** Returns the text that `id` completes: whole characters only, so "" while one is under way. */
  push(id: number): Promise<string>;
  /** Returns what is left, with U+FFFD for a character that was never completed. */
  end(): Promise<string>;
  /** Where the stream stands: another stream that starts here goes on as this one would. */
  readonly state: DecodeState;
}

/** A place between two tokens of a stream; plain data. */
export interface DecodeState {
  /** The last ids; they begin with a whole character. */
  readonly ids: readonly number[];
  /** Where in `ids` those begin that came after the last whole character. */
  readonly fresh: number;
  /** How much of the text of `ids` was returned. */
  readonly given: string;
}

/** Stands for bytes that are no character, and for those that may still become one. */
const INCOMPLETE = '\uFFFD';
/** Bytes that an incomplete UTF-8 character has at most, and so the ids that may belong to one. */
const MAX_INCOMPLETE = 3;
const HELD = new RegExp(`${INCOMPLETE}{1,3}$`, 'u');
/** How many ids before a stream are decoded again with new ones, so that spaces and bytes join as in one text. */
const CONTEXT_TOKENS = 8;
/** Ids that may follow one another without a whole character before the oldest are left behind. */
const MAX_FRESH_TOKENS = 64;

/** The state of a stream before its first id; `after` are the ids before it. */
export async function startDecoding(decode: Decode, after: readonly number[] = []): Promise<DecodeState> {
  const begun = await beginAtCharacter(decode, after, CONTEXT_TOKENS);
  return { ids: begun.ids, fresh: begun.ids.length, given: begun.text };
}

/**
 * Streams `decode`, a function of whole id sequences, from `state` on: decodes a short window and returns what is new in it,
 * as `DecodeStream` of Hugging Face's tokenizers does. Where later bytes make earlier ones invalid (`ByteFallback` reads a run
 * of bytes as a whole), the text that was returned stays.
 */
export function createDecodeStream(decode: Decode, state: DecodeState): DecodeStream {
  let current = state;
  return {
    get state() {
      return current;
    },
    async push(id) {
      const { fresh, given } = current;
      const ids = [...current.ids, id];
      const text = await decode(ids);
      const settled = text.endsWith(INCOMPLETE)
        ? await settledText(decode, { ids, fresh, given }, text)
        : text;
      const added = newText(given, settled);
      const state = { ids, fresh, given: added === '' ? given : settled };
      current = await shorten(decode, state, added !== '' && settled === text);
      return added;
    },
    async end() {
      const text = await decode(current.ids);
      const rest = newText(current.given, text);
      current = { ids: current.ids, fresh: current.ids.length, given: text };
      return rest;
    },
  };
}

/** The part of `text`, which ends in U+FFFD, that no further id changes: all but its end where only that is no character. */
async function settledText(
  decode: Decode,
  { ids, fresh, given }: DecodeState,
  text: string,
): Promise<string> {
  const whole = text.replace(HELD, '');
  const isClean = whole.startsWith(given) && !whole.slice(given.length).includes(INCOMPLETE);
  return isClean ? whole : decode(ids.slice(0, Math.max(fresh, ids.length - MAX_INCOMPLETE)));
}

/** What `text` has behind `given`; a character that was incomplete there may have become whole. */
function newText(given: string, text: string): string {
  if (given.startsWith(text)) return '';
  if (text.startsWith(given) || !given.endsWith(INCOMPLETE)) return text.slice(given.length);
  const kept = given.replace(HELD, '');
  return text.startsWith(kept) ? text.slice(kept.length) : text.slice(given.length);
}

/** Leaves behind the ids before the last whole character, `isWhole` where one has just ended. */
async function shorten(decode: Decode, state: DecodeState, isWhole: boolean): Promise<DecodeState> {
  const { ids, fresh } = state;
  if (isWhole) {
    const context = ids.slice(fresh);
    return { ids: context, fresh: context.length, given: await decode(context) };
  }
  if (ids.length - fresh <= MAX_FRESH_TOKENS) return state;
  const begun = await beginAtCharacter(decode, ids, CONTEXT_TOKENS);
  const given = await settledText(decode, { ids: begun.ids, fresh: 0, given: '' }, begun.text);
  return { ids: begun.ids, fresh: 0, given };
}

/** The last ids and their text, at most `length` and up to three fewer where a character would be cut. */
async function beginAtCharacter(decode: Decode, all: readonly number[], length: number) {
  const last = all.slice(-length);
  const whole = { ids: last, text: await decode(last) };
  if (all.length <= length) return whole;
  for (let cut = 0; cut <= MAX_INCOMPLETE; cut++) {
    const ids = last.slice(cut);
    const text = await decode(ids);
    if (!text.startsWith(INCOMPLETE)) return { ids, text };
  }
  return whole;
}
