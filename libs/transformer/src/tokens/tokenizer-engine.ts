import { FacetError } from '@facet/errors';
import { Tokenizer } from 'tokenizers';
import { invalidTokenizer, type TokenizerFiles, type TokenizerJson } from './tokenizer-file.ts';

/** Hugging Face's library with a tokenizer loaded: what is used of it. */
export type TokenizerEngine = Pick<Tokenizer, 'encode' | 'decode' | 'decodeBatch' | 'tokenToId'>;

/**
 * Loads a checked `tokenizer.json` into Hugging Face's library; errors name the part that it refuses. Shortening and padding
 * that the file asks for are left out, as transformers does unless it is told otherwise.
 */
export function createEngine({ json, path, tokenIds }: TokenizerFiles): TokenizerEngine {
  const loaded = load(loudly(json));
  if ('problem' in loaded) throw refusal(json, path, loaded.problem);
  const { tokenizer } = loaded;
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  for (const { content, id } of json.added_tokens ?? []) {
    const given = tokenizer.tokenToId(content);
    if (given !== id)
      throw invalidTokenizer(
        path,
        `gives ${JSON.stringify(content)} of added_tokens the id ${id}; the library, which counts on from the vocabulary, ` +
          `gives it ${given}: mend added_tokens`,
      );
  }
  const size = tokenizer.getVocabSize(true);
  if (size !== tokenIds.length)
    throw invalidTokenizer(path, `has ${tokenIds.length} tokens, of which the library takes ${size}`);
  return tokenizer;
}

type Loaded = { tokenizer: Tokenizer } | { problem: string };

function load(json: object): Loaded {
  try {
    return { tokenizer: Tokenizer.fromString(JSON.stringify(json)) };
  } catch (error) {
    // Not `instanceof Error`: the library makes its errors in the realm that loaded it.
    return { problem: (error as Error).message };
  }
}

/** Stands for unknown characters in BPE vocabularies without a token for them; it has no id. */
const UNKNOWN = '\0unknown';

/** Without an unknown token the library drops characters that BPE has no token for; with one that has no id it says so. */
function loudly(json: TokenizerJson): object {
  const isBpe = json.model.type === 'BPE' || (json.model.type === undefined && json.model.merges);
  return isBpe ? { ...json, model: { ...json.model, unk_token: json.model.unk_token ?? UNKNOWN } } : json;
}

/** What the library says of a type or a value that it does not know. */
const UNKNOWN_KIND = /untagged enum|unknown variant/;

function refusal(json: TokenizerJson, path: string, problem: string): FacetError {
  const { place, said = problem } = refusedPart(json) ?? { place: 'a part' };
  return UNKNOWN_KIND.test(said)
    ? new FacetError(
        'unimplemented',
        `${path} asks for something that is not supported in ${place}: ${said}`,
        {
          reason: 'TOKENIZER_UNSUPPORTED',
        },
      )
    : invalidTokenizer(path, `cannot be loaded; the library refuses ${place}: ${said}`);
}

const PARTS = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;
/** How the steps of a sequence are called in each part. */
const STEPS: readonly string[] = ['normalizers', 'pretokenizers', 'processors', 'decoders'];
const NO_MODEL = { type: 'WordLevel', vocab: {}, unk_token: '' };

/** Finds the part that is refused, by loading each by itself. */
function refusedPart(json: TokenizerJson): { place: string; said: string } | undefined {
  const { model, added_tokens } = json;
  const tries: { place: string; json: object }[] = [
    ...PARTS.flatMap((part) =>
      stepsOf(json[part], part).map(([place, step]) => ({ place, json: { model: NO_MODEL, [part]: step } })),
    ),
    { place: `model (${model.type ?? 'BPE'})`, json: { model } },
    { place: 'added_tokens', json: { model: NO_MODEL, added_tokens } },
  ];
  for (const attempt of tries) {
    const loaded = load(attempt.json);
    if ('problem' in loaded) return { place: attempt.place, said: loaded.problem };
  }
  return undefined;
}

function stepsOf(part: unknown, place: string): [place: string, step: unknown][] {
  if (typeof part !== 'object' || part === null) return [];
  const fields = part as Record<string, unknown>;
  const name = STEPS.find((steps) => Array.isArray(fields[steps]));
  if (fields.type !== 'Sequence' || name === undefined) return [[`${place} (${fields.type})`, part]];
  return (fields[name] as unknown[]).flatMap((step, i) => stepsOf(step, `${place}.${name}[${i}]`));
}
