import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import { z } from 'zod';

/** A tokenizer.json larger than this is refused: the largest vocabularies (256 k tokens) take 35 MB. */
export const MAX_TOKENIZER_BYTES = 128 * 1024 * 1024;
/** Token ids from here on are refused. */
export const MAX_VOCABULARY = 4 * 1024 * 1024;

const tokenId = z.number().int().min(0).lt(MAX_VOCABULARY);
const addedToken = z.looseObject({ id: tokenId, content: z.string().min(1), special: z.boolean() });
const tokenizerSchema = z.looseObject({
  model: z.discriminatedUnion('type', [
    z.looseObject({
      type: z.literal('BPE'),
      vocab: z.record(z.string(), tokenId),
      merges: z.array(z.unknown()),
    }),
    z.looseObject({ type: z.literal('Unigram'), vocab: z.array(z.tuple([z.string(), z.number()])).min(1) }),
  ]),
  added_tokens: z.array(addedToken).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});
const namedToken = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const configSchema = z.looseObject({
  bos_token: namedToken,
  eos_token: namedToken,
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
});

/** The checked contents of `tokenizer.json`. */
export type TokenizerJson = z.infer<typeof tokenizerSchema>;
/** The checked contents of `tokenizer_config.json`; empty where a model has none. */
export type TokenizerConfig = z.infer<typeof configSchema>;

export interface TokenizerFiles {
  path: string;
  json: TokenizerJson;
  config: TokenizerConfig;
  /** Hash of `tokenizer.json`. */
  sha256: string;
  /** One more than the largest token id. */
  vocabSize: number;
  /** Every id that has a token, by rising id. */
  tokenIds: readonly number[];
}

/** Reads and checks `tokenizer.json` (wanted) and `tokenizer_config.json` (optional) of a model directory. */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const path = join(directory, 'tokenizer.json');
  const bytes = await readBounded(path);
  if (!bytes)
    throw new FacetError('not-found', `${path} does not exist; a model directory needs its tokenizer`);
  const json = parse(bytes, path, tokenizerSchema);
  const configPath = join(directory, 'tokenizer_config.json');
  const configBytes = await readBounded(configPath);
  const config = configBytes ? parse(configBytes, configPath, configSchema) : {};
  const tokenIds = uniqueIds(json, path);
  return {
    path,
    json,
    config,
    tokenIds,
    vocabSize: 1 + tokenIds.at(-1)!,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

async function readBounded(path: string): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(path);
    if (size > MAX_TOKENIZER_BYTES)
      throw invalid(path, `has ${size} bytes; the limit is ${MAX_TOKENIZER_BYTES}`);
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === undefined ? error : invalid(path, `cannot be read (${code})`, error);
  }
}

function parse<T>(bytes: Buffer, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(path, 'is not UTF-8 JSON', cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path: at, message } = result.error.issues[0]!;
  if (at.join('.') === 'model.type')
    throw new FacetError('unimplemented', `${path} has a model that is neither BPE nor Unigram`);
  throw invalid(path, `is malformed at ${at.join('.') || 'its root'}: ${message}`, result.error);
}

/** Lists the ids by rising id; two tokens with one id would make text and ids disagree. */
function uniqueIds({ model, added_tokens }: TokenizerJson, path: string): number[] {
  const vocabulary: [string, number][] =
    model.type === 'BPE' ? Object.entries(model.vocab) : model.vocab.map(([token], id) => [token, id]);
  const byId = new Map<number, string>();
  for (const [token, id] of [
    ...vocabulary,
    ...added_tokens.map(({ content, id }) => [content, id] as const),
  ]) {
    const other = byId.get(id) ?? token;
    if (other !== token)
      throw invalid(path, `gives ${JSON.stringify(other)} and ${JSON.stringify(token)} the same id ${id}`);
    byId.set(id, token);
  }
  if (byId.size === 0) throw invalid(path, 'has an empty vocabulary');
  return [...byId.keys()].sort((a, b) => a - b);
}

function invalid(path: string, problem: string, cause?: unknown): FacetError {
  return new FacetError('invalid', `${path} ${problem}`, { cause, reason: 'TOKENIZER_INVALID' });
}
