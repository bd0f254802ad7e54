import { FacetError } from '@facet/errors';
import { createEngine, type TokenizerEngine } from './tokenizer-engine.ts';
import { readTokenizerFiles, type TokenizerFiles, vocabularyOf } from './tokenizer-file.ts';
import { findFrame, findToken } from './tokenizer-frame.ts';
import {
  createDecodeStream,
  type DecodeState,
  type DecodeStream,
  startDecoding,
} from './tokenizer-stream.ts';

/** Text to token ids and back, as the model was trained. */
export interface Tokenizer {
  /** One more than the largest token id. */
  readonly vocabSize: number;
  /** Every id that has a token, by rising id. */
  readonly tokenIds: readonly number[];
  /** The token that `encode` puts first (0 is an id like any other); undefined where it puts none. */
  readonly bosTokenId: number | undefined;
  /** The token that the configuration names as the end of a text. */
  readonly eosTokenId: number | undefined;
  /** Every special token, by rising id. */
  readonly specialTokenIds: readonly number[];
  /** Hash of `tokenizer.json`, lower-case hexadecimal. */
  readonly sha256: string;
  /**
   * Turns `text` into ids; `invalid` where a character has none. @default addSpecial true, as for a prompt
   */
  encode(text: string, options?: { addSpecial?: boolean }): Promise<{ ids: number[] }>;
  /** Turns ids into text, exactly: no cleaning up of spaces. @default skipSpecial true */
  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): Promise<string>;
  /**
   * The texts of tokens inside running text (" the"); special tokens by name, part characters as U+FFFD.
   */
  tokenTexts(ids: readonly number[]): Promise<string[]>;
  /**
   * Streams text; `after` are the ids before it, without which a leading space belongs to no word and is
   * dropped. With a `state` it goes on where another stream stood.
   */
  decodeStream(options?: {
    after?: readonly number[];
    skipSpecial?: boolean;
    state?: DecodeState | undefined;
  }): Promise<DecodeStream>;
  isSpecial(id: number): boolean;
}

/**
 * Loads the tokenizer of a model directory into Hugging Face's library; errors name the file and what is wrong with it. The
 * library ends the *process* where a regular expression backtracks without end and for some damaged files: load files that are
 * not your own in a child process, as the service `inference` does.
 */
export async function loadTokenizer(directory: string): Promise<Tokenizer> {
  const files = await readTokenizerFiles(directory);
  const engine = createEngine(files);
  const frame = await findFrame(engine, files);
  const added = files.json.added_tokens ?? [];
  const special = new Map(added.filter((token) => token.special).map(({ id, content }) => [id, content]));
  const { vocabSize, sha256, path } = files;

  const decode: Tokenizer['decode'] = async (ids, { skipSpecial = true } = {}) => {
    requireIds(ids, vocabSize);
    const shown = skipSpecial ? ids.filter((id) => !special.has(id)) : [...ids];
    return shown.length === 0 ? '' : engine.decode(shown, false);
  };
  const tokenTexts = await createTokenTexts(engine, { files, special });
  return {
    vocabSize,
    tokenIds: files.tokenIds,
    sha256,
    bosTokenId: frame.bosTokenId,
    eosTokenId: findToken(engine, files, 'eos_token'),
    specialTokenIds: [...special.keys()].sort((a, b) => a - b),
    encode: async (text, { addSpecial = true } = {}) => {
      const encoding = await engine.encode(text, null, { addSpecialTokens: false }).catch((cause: Error) => {
        throw unknownCharacter(path, cause);
      });
      const ids = encoding.getIds();
      return { ids: addSpecial ? [...frame.prefix, ...ids, ...frame.suffix] : ids };
    },
    decode,
    tokenTexts: async (ids) => {
      requireIds(ids, vocabSize);
      return tokenTexts(ids);
    },
    decodeStream: async ({ after = [], skipSpecial = true, state } = {}) => {
      const isShown = (id: number) => !(skipSpecial && special.has(id));
      const read = (ids: readonly number[]) => decode(ids, { skipSpecial: false });
      const stream = createDecodeStream(read, state ?? (await startDecoding(read, after.filter(isShown))));
      return {
        get state() {
          return stream.state;
        },
        push: async (id) => (isShown(id) ? stream.push(id) : ''),
        end: stream.end,
      };
    },
    isSpecial: (id) => special.has(id),
  };
}

/** Reads each token after an ordinary word, so that its own leading space is kept. */
async function createTokenTexts(
  engine: TokenizerEngine,
  { files, special }: { files: TokenizerFiles; special: ReadonlyMap<number, string> },
): Promise<(ids: readonly number[]) => Promise<string[]>> {
  const anchor = vocabularyOf(files.json).find(([token]) => /^[a-z]+$/.test(token))?.[1];
  const before = anchor === undefined ? [] : [anchor];
  const skipped = anchor === undefined ? 0 : (await engine.decode(before, false)).length;
  return async (ids) => {
    const ordinary = ids.filter((id) => !special.has(id)).map((id) => [...before, id]);
    const texts = (ordinary.length === 0 ? [] : await engine.decodeBatch(ordinary, false)).values();
    return ids.map((id) => special.get(id) ?? texts.next().value!.slice(skipped));
  };
}

function requireIds(ids: readonly number[], vocabSize: number): void {
  for (const id of ids)
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize)
      throw new FacetError('invalid', `token id ${id} is outside the vocabulary of ${vocabSize}`);
}

/** The library refuses a text only where a part of it has no token and the vocabulary has none for what is unknown. */
function unknownCharacter(path: string, cause: Error): FacetError {
  return new FacetError('invalid', `the text has a character for which ${path} has no token`, {
    cause,
    reason: 'CHARACTER_UNKNOWN',
  });
}
