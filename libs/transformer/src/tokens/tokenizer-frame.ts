import { FacetError } from '@facet/errors';
import type { TokenizerEngine } from './tokenizer-engine.ts';
import {
  invalidTokenizer,
  type TokenizerConfig,
  type TokenizerFiles,
  vocabularyOf,
} from './tokenizer-file.ts';

/** What is put around a text that is run as a prompt. */
export interface Frame {
  prefix: readonly number[];
  suffix: readonly number[];
  bosTokenId: number | undefined;
}

/**
 * Finds the tokens that the post-processor puts around a text; `add_bos_token` and `add_eos_token`, where the
 * configuration states them, have the last word (as in the tokenizer classes that know them).
 */
export async function findFrame(engine: TokenizerEngine, files: TokenizerFiles): Promise<Frame> {
  const { config } = files;
  const bos = findToken(engine, files, 'bos_token');
  const eos = findToken(engine, files, 'eos_token');
  const framed = await processed(engine, files);
  const prefix = withToken(framed.prefix, { token: bos, wanted: config.add_bos_token, atStart: true });
  const suffix = withToken(framed.suffix, { token: eos, wanted: config.add_eos_token, atStart: false });
  return { prefix, suffix, bosTokenId: bos !== undefined && prefix.includes(bos) ? bos : prefix[0] };
}

/** The id of a token that the configuration names; undefined where it names none. */
export function findToken(
  engine: TokenizerEngine,
  { config, path }: TokenizerFiles,
  field: keyof TokenizerConfig & ('bos_token' | 'eos_token'),
): number | undefined {
  const named = config[field];
  const content = typeof named === 'string' ? named : named?.content;
  if (content === undefined) return undefined;
  const id = engine.tokenToId(content);
  if (id === null)
    throw invalidTokenizer(
      path,
      `has no token ${JSON.stringify(content)}, the ${field} of its configuration`,
    );
  return id;
}

/** Runs the post-processor on one ordinary token and looks at what stands before and after it. */
async function processed(engine: TokenizerEngine, files: TokenizerFiles) {
  const encode = async (text: string, addSpecialTokens: boolean) =>
    (await engine.encode(text, null, { addSpecialTokens })).getIds();
  for (const text of probes(files)) {
    const bare = await encode(text, false).catch(() => []);
    if (bare.length === 0) continue;
    const full = await encode(text, true);
    const before = full.findIndex((_, at) => bare.every((id, i) => full[at + i] === id));
    if (before < 0) throw notAround(files);
    return { prefix: full.slice(0, before), suffix: full.slice(before + bare.length) };
  }
  if (files.json.post_processor) throw notAround(files);
  return { prefix: [], suffix: [] };
}

function notAround({ path }: TokenizerFiles): FacetError {
  return new FacetError(
    'unimplemented',
    `${path} has a post_processor that does not put its tokens around the text`,
  );
}

/** How many tokens are tried as a text. */
const MAX_PROBES = 64;

/** Texts that are likely to be tokens and unlikely to be what a post-processor adds: letters first. */
function probes({ json }: TokenizerFiles): string[] {
  const special = new Set((json.added_tokens ?? []).map(({ content }) => content));
  const tokens = vocabularyOf(json)
    .map(([token]) => token)
    .filter((token) => !special.has(token));
  const letters = tokens.filter((token) => /^[a-z]$/.test(token));
  return [...letters, ...tokens.slice(0, MAX_PROBES), ...special].filter((text) => text !== '');
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
