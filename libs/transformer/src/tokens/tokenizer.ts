import { FacetError } from '@facet/errors';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import {
  readTokenizerFiles,
  type TokenizerConfig,
  type TokenizerFiles,
  type TokenizerJson,
} from './tokenizer-file.ts';
import { createMerger, type Merger } from './tokenizer-merges.ts';
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
  encode(text: string, options?: { addSpecial?: boolean }): { ids: number[] };
  /** Turns ids into text, exactly: no cleaning up of spaces. @default skipSpecial true */
  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): string;
  /**
   * The text of one token inside running text (" the"); special tokens by name, part characters as U+FFFD.
   */
  tokenText(id: number): string;
  /**
   * Streams text; `after` are the ids before it, without which a leading space belongs to no word and is
   * dropped. With a `state` it goes on where another stream stood.
   */
  decodeStream(options?: {
    after?: readonly number[];
    skipSpecial?: boolean;
    state?: DecodeState | undefined;
  }): DecodeStream;
  isSpecial(id: number): boolean;
}

/** Loads the tokenizer of a model directory; errors name the file and what is wrong with it. */
export async function loadTokenizer(directory: string): Promise<Tokenizer> {
  const files = await readTokenizerFiles(directory);
  const engine = createEngine(files);
  const frame = findFrame(engine, files);
  const special = new Set(files.json.added_tokens.filter((token) => token.special).map(({ id }) => id));
  const { vocabSize, sha256, path } = files;

  const decode: Tokenizer['decode'] = (ids, { skipSpecial = true } = {}) => {
    requireIds(ids, vocabSize);
    const shown = skipSpecial ? ids.filter((id) => !special.has(id)) : [...ids];
    return shown.length === 0 ? '' : engine.decode(shown, { clean_up_tokenization_spaces: false });
  };
  const tokenText = createTokenTexts(engine, special, decode);
  return {
    vocabSize,
    tokenIds: files.tokenIds,
    sha256,
    bosTokenId: frame.bosTokenId,
    eosTokenId: findToken(engine, files, 'eos_token'),
    specialTokenIds: [...special].sort((a, b) => a - b),
    encode: (text, { addSpecial = true } = {}) => {
      const { ids } = engine.encode(text, { add_special_tokens: false });
      requireKnown(ids, path);
      return { ids: addSpecial ? [...frame.prefix, ...ids, ...frame.suffix] : ids };
    },
    decode,
    tokenText: (id) => {
      requireIds([id], vocabSize);
      return tokenText(id);
    },
    decodeStream: ({ after = [], skipSpecial = true, state } = {}) => {
      const isShown = (id: number) => !(skipSpecial && special.has(id));
      const read = (ids: readonly number[]) => decode(ids, { skipSpecial: false });
      const stream = createDecodeStream(read, state ?? startDecoding(read, after.filter(isShown)));
      return {
        get state() {
          return stream.state;
        },
        push: (id) => (isShown(id) ? stream.push(id) : ''),
        end: stream.end,
      };
    },
    isSpecial: (id) => special.has(id),
  };
}

/** What is used of the library, whose own types do not resolve under `nodenext`. */
interface Engine {
  /** Splits a word of a BPE model into tokens. */
  model: { bpe?: Merger } | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(withAddedTokens: boolean): Map<string, number>;
}

/**
 * Stands for unknown characters in vocabularies without a token for them; it has no id, so `encode` notices.
 */
const UNKNOWN = '\0unknown';

/** Without an unknown token the library, like its Rust original, would drop characters without a word. */
function loudly(json: TokenizerJson): TokenizerJson {
  return { ...json, model: { ...json.model, unk_token: json.model.unk_token ?? UNKNOWN } };
}

function createEngine({ json, config, path }: TokenizerFiles): Engine {
  try {
    return withFastMerges(new HuggingFaceTokenizer(loudly(json), config), json);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new FacetError('unimplemented', `${path} asks for something that is not supported: ${problem}`, {
      cause,
    });
  }
}

/**
 * Replaces the library's merging, its slowest part, by the same on numbers; vocabularies with suffixes keep
 * it.
 */
function withFastMerges(engine: Engine, { model }: TokenizerJson): Engine {
  if (model.type !== 'BPE' || SUFFIX_FIELDS.some((field) => model[field])) return engine;
  const merges = model.merges.map(
    (merge) => (typeof merge === 'string' ? merge.split(' ', 2) : merge) as [string, string],
  );
  const merger = createMerger({ vocab: new Map(Object.entries(model.vocab)), merges });
  if (merger && engine.model?.bpe) engine.model.bpe = merger;
  return engine;
}

const SUFFIX_FIELDS = ['end_of_word_suffix', 'continuing_subword_suffix', 'continuing_subword_prefix'];

/** What is put around a text that is run as a prompt. */
interface Frame {
  prefix: readonly number[];
  suffix: readonly number[];
  bosTokenId: number | undefined;
}

/**
 * Finds the tokens that the post-processor puts around a text; `add_bos_token` and `add_eos_token`, where the
 * configuration states them, have the last word (as in the tokenizer classes that know them).
 */
function findFrame(engine: Engine, files: TokenizerFiles): Frame {
  const { config } = files;
  const bos = findToken(engine, files, 'bos_token');
  const eos = findToken(engine, files, 'eos_token');
  const framed = processed(engine);
  const prefix = withToken(framed.prefix, { token: bos, wanted: config.add_bos_token, atStart: true });
  const suffix = withToken(framed.suffix, { token: eos, wanted: config.add_eos_token, atStart: false });
  return { prefix, suffix, bosTokenId: bos !== undefined && prefix.includes(bos) ? bos : prefix[0] };
}

function known(ids: readonly (number | undefined)[]): number[] {
  return ids.filter((id) => id !== undefined);
}

/** Runs the post-processor on one ordinary token and looks at what stands before and after it. */
function processed(engine: Engine): { prefix: number[]; suffix: number[] } {
  const probe = [...engine.get_vocab(false).keys()].find((token) => /^[a-z]$/.test(token));
  const text = probe ?? ' ';
  const bare = engine.encode(text, { add_special_tokens: false }).ids;
  const full = engine.encode(text, { add_special_tokens: true }).ids;
  const added = full.length - bare.length;
  for (let before = 0; before <= added; before++)
    if (bare.every((id, i) => full[before + i] === id))
      return { prefix: known(full.slice(0, before)), suffix: known(full.slice(before + bare.length)) };
  return { prefix: [], suffix: [] };
}

interface FrameToken {
  token: number | undefined;
  wanted: boolean | null | undefined;
  atStart: boolean;
}

function withToken(ids: readonly number[], { token, wanted, atStart }: FrameToken): readonly number[] {
  if (token === undefined || wanted === undefined || wanted === null) return ids;
  if (!wanted) return ids.filter((id) => id !== token);
  if (ids.includes(token)) return ids;
  return atStart ? [token, ...ids] : [...ids, token];
}

function findToken(
  engine: Engine,
  { config, path }: TokenizerFiles,
  field: keyof TokenizerConfig & ('bos_token' | 'eos_token'),
): number | undefined {
  const named = config[field];
  const content = typeof named === 'string' ? named : named?.content;
  if (content === undefined) return undefined;
  const id = engine.token_to_id(content);
  if (id === undefined)
    throw new FacetError(
      'invalid',
      `${path} has no token ${JSON.stringify(content)}, the ${field} of its configuration`,
      {
        reason: 'TOKENIZER_INVALID',
      },
    );
  return id;
}

/** Reads each token after an ordinary word, so that its own leading space is kept; remembers the answers. */
function createTokenTexts(
  engine: Engine,
  special: ReadonlySet<number>,
  decode: Tokenizer['decode'],
): (id: number) => string {
  const texts = new Map<number, string>();
  const anchor = [...engine.get_vocab(false)].find(([token]) => /^[a-z]+$/.test(token))?.[1];
  const before = anchor === undefined ? [] : [anchor];
  const skipped = decode(before).length;
  const read = (id: number) =>
    special.has(id) ? (engine.id_to_token(id) ?? '') : decode([...before, id]).slice(skipped);
  return (id) => {
    const known = texts.get(id) ?? read(id);
    texts.set(id, known);
    return known;
  };
}

function requireIds(ids: readonly number[], vocabSize: number): void {
  for (const id of ids)
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize)
      throw new FacetError('invalid', `token id ${id} is outside the vocabulary of ${vocabSize}`);
}

function requireKnown(ids: readonly (number | undefined)[], path: string): asserts ids is number[] {
  if (ids.includes(undefined))
    throw new FacetError('invalid', `the text has a character for which ${path} has no token`, {
      reason: 'CHARACTER_UNKNOWN',
    });
}
