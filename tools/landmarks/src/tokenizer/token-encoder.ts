import { FacetError } from '@facet/errors';
import { preTokens } from './pre-tokens.ts';
import { BOS_ID, EOS_ID, type TokenizerModel } from './tokenizer-model.ts';

/** Token ids of a text and where each token ends in it. */
export interface TokenSpans {
  ids: number[];
  /**
   * The UTF-16 index just after each token; a token that ends inside a character ends where the character
   * does.
   */
  ends: number[];
}

/** Turns text into ids as `tokenizer.json` says; no special token is put around it. */
export interface TokenEncoder {
  /** `invalid` where the text spells a special token. */
  encode(text: string): number[];
  encodeWithOffsets(text: string): TokenSpans;
}

/** Pre-tokens whose ids are remembered; the table begins anew when it is full. */
const MAX_CACHED_WORDS = 2 ** 18;
/** Pairs are keyed left · 2^16 + right. */
const ID_RANGE = 2 ** 16;

/** Prepares the merges of `model` and a cache of words, which make a corpus quick to encode. */
export function createTokenEncoder(model: TokenizerModel): TokenEncoder {
  const encodeWord = createWordEncoder(model);
  const cache = new Map<string, TokenSpans>();
  const spansOf = (word: string): TokenSpans => {
    const known = cache.get(word);
    if (known) return known;
    if (cache.size === MAX_CACHED_WORDS) cache.clear();
    const spans = encodeWord(word);
    cache.set(word, spans);
    return spans;
  };
  return {
    encode(text) {
      requireOrdinary(text, model);
      const ids: number[] = [];
      for (const word of preTokens(text)) for (const id of spansOf(word).ids) ids.push(id);
      return ids;
    },
    encodeWithOffsets(text) {
      requireOrdinary(text, model);
      const all: TokenSpans = { ids: [], ends: [] };
      let start = 0;
      for (const word of preTokens(text)) {
        const { ids, ends } = spansOf(word);
        for (const id of ids) all.ids.push(id);
        for (const end of ends) all.ends.push(start + end);
        start += word.length;
      }
      return all;
    },
  };
}

/** Encodes documents one after another, each between BOS and EOS: the contents of a corpus file. */
export function encodeTexts(encoder: TokenEncoder, texts: Iterable<string>): Uint16Array {
  let ids = new Uint16Array(2 ** 16);
  let size = 0;
  for (const text of texts) {
    const document = encoder.encode(text);
    const end = size + document.length + 2;
    if (end > ids.length) {
      const larger = new Uint16Array(2 * end);
      larger.set(ids.subarray(0, size));
      ids = larger;
    }
    ids[size] = BOS_ID;
    ids.set(document, size + 1);
    ids[end - 1] = EOS_ID;
    size = end;
  }
  return ids.slice(0, size);
}

/** In `tokenizer.json` a special token's name is that token wherever it stands; truth never means that. */
function requireOrdinary(text: string, { specialTokens }: TokenizerModel): void {
  for (const token of specialTokens)
    if (text.includes(token))
      throw new FacetError('invalid', `the text spells the special token ${token}; remove it`);
}

function createWordEncoder({ specialTokens, tokens, merges }: TokenizerModel): (word: string) => TokenSpans {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const ranks = new Map(merges.map(([left, right], rank) => [left * ID_RANGE + right, rank]));
  const results = merges.map(([left, right]) => ids.get(`${tokens[left]}${tokens[right]}`)!);
  return (word) => {
    const { bytes, ends } = bytesOf(word);
    const chain: TokenSpans = { ids: bytes.map((byte) => byte + specialTokens.length), ends };
    for (;;) {
      const best = lowestRank(chain.ids, ranks);
      if (!best) return chain;
      chain.ids.splice(best.at, 2, results[best.rank]!);
      chain.ends.splice(best.at, 1);
    }
  };
}

function lowestRank(
  ids: readonly number[],
  ranks: ReadonlyMap<number, number>,
): { rank: number; at: number } | undefined {
  let best: { rank: number; at: number } | undefined;
  for (let at = 0; at + 1 < ids.length; at++) {
    const rank = ranks.get(ids[at]! * ID_RANGE + ids[at + 1]!);
    if (rank !== undefined && (!best || rank < best.rank)) best = { rank, at };
  }
  return best;
}

const utf8 = new TextEncoder();

/** The UTF-8 bytes of `word`, and for each the UTF-16 end of the character that it belongs to. */
function bytesOf(word: string): { bytes: number[]; ends: number[] } {
  const bytes: number[] = [];
  const ends: number[] = [];
  let end = 0;
  for (const character of word) {
    end += character.length;
    for (const byte of utf8.encode(character)) {
      bytes.push(byte);
      ends.push(end);
    }
  }
  return { bytes, ends };
}
