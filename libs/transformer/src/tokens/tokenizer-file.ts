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
const vocabulary = z.record(z.string(), tokenId);
const pieces = z.array(z.tuple([z.string(), z.number()])).min(1);
const merge = z.union([z.string(), z.tuple([z.string(), z.string()])]);
const addedToken = z.looseObject({ id: tokenId, content: z.string().min(1), special: z.boolean() });
const part = z.looseObject({ type: z.string() }).nullish();
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    // Files of the library's first years leave it out.
    type: z.enum(['BPE', 'Unigram', 'WordPiece', 'WordLevel']).optional(),
    vocab: z.union([vocabulary, pieces]),
    merges: z.array(merge).nullish(),
    dropout: z.number().nullish(),
    unk_token: z.string().nullish(),
    continuing_subword_prefix: z.string().nullish(),
  }),
  added_tokens: z.array(addedToken).nullish(),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  decoder: part,
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
  requireComputable(json, path);
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

/** The tokens of the model with their ids, in the order of the file; added tokens not among them. */
export function vocabularyOf({ model }: TokenizerJson): [token: string, id: number][] {
  return Array.isArray(model.vocab)
    ? model.vocab.map(([token], id) => [token, id])
    : Object.entries(model.vocab);
}

async function readBounded(path: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(path);
    const { size } = found;
    if (!found.isFile()) throw invalidTokenizer(path, 'is not a regular file');
    if (size > MAX_TOKENIZER_BYTES)
      throw invalidTokenizer(path, `has ${size} bytes; the limit is ${MAX_TOKENIZER_BYTES}`);
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === undefined ? error : invalidTokenizer(path, `cannot be read (${code})`, error);
  }
}

function parse<T>(bytes: Buffer, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidTokenizer(path, 'is not UTF-8 JSON', cause);
  }
  const result = schema.safeParse(value);
  // The value as it was written, so that the library sees all of it.
  if (result.success) return value as T;
  const { path: at, message } = result.error.issues[0]!;
  if (at.join('.') === 'model.type')
    throw new FacetError(
      'unimplemented',
      `${path} has a model that is neither BPE, Unigram, WordPiece nor WordLevel`,
    );
  throw invalidTokenizer(path, `is malformed at ${at.join('.') || 'its root'}: ${message}`, result.error);
}

/** Refuses what gives a text other ids each time, and merges that the library would end this process for. */
function requireComputable({ model }: TokenizerJson, path: string): void {
  const { dropout, vocab, merges } = model;
  if (dropout)
    throw new FacetError(
      'unimplemented',
      `${path} has model.dropout ${dropout}, which splits a text differently each time: set it to null`,
    );
  if (!merges || Array.isArray(vocab)) return;
  const skipped = model.continuing_subword_prefix?.length ?? 0;
  for (const [rank, merge] of merges.entries()) {
    if (typeof merge === 'string' && merge.startsWith('#version')) continue;
    const problem = mergeProblem(merge, vocab, skipped);
    if (problem)
      throw invalidTokenizer(
        path,
        `cannot merge ${JSON.stringify(merge)} at model.merges.${rank}: ${problem}`,
      );
  }
}

function mergeProblem(
  merge: string | [string, string],
  vocab: Readonly<Record<string, number>>,
  skipped: number,
): string | undefined {
  const [left, right, ...more] = typeof merge === 'string' ? merge.split(' ') : merge;
  if (left === undefined || right === undefined || more.length > 0) return 'it is not two tokens';
  const missing = [left, right, left + right.slice(skipped)].find((token) => !Object.hasOwn(vocab, token));
  return missing === undefined ? undefined : `model.vocab has no ${JSON.stringify(missing)}`;
}

/** Lists the ids by rising id; two tokens with one id, or two ids of one token, would make text and ids disagree. */
function uniqueIds(json: TokenizerJson, path: string): number[] {
  const byId = new Map<number, string>();
  const byToken = new Map<string, number>();
  const added = (json.added_tokens ?? []).map(({ content, id }) => [content, id] as const);
  for (const [token, id] of [...vocabularyOf(json), ...added]) {
    const other = byId.get(id) ?? token;
    const otherId = byToken.get(token) ?? id;
    if (other !== token)
      throw invalidTokenizer(
        path,
        `gives ${JSON.stringify(other)} and ${JSON.stringify(token)} the same id ${id}`,
      );
    if (otherId !== id)
      throw invalidTokenizer(path, `gives ${JSON.stringify(token)} two ids, ${otherId} and ${id}`);
    byId.set(id, token);
    byToken.set(token, id);
  }
  if (byId.size === 0) throw invalidTokenizer(path, 'has an empty vocabulary');
  return [...byId.keys()].sort((a, b) => a - b);
}

/** The error of a `tokenizer.json` that cannot be used. */
export function invalidTokenizer(path: string, problem: string, cause?: unknown): FacetError {
  return new FacetError('invalid', `${path} ${problem}`, { cause, reason: 'TOKENIZER_INVALID' });
}
