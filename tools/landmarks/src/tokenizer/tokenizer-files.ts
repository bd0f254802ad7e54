import { FacetError } from '@facet/errors';
import { BYTE_NAMES, SIGN_PATTERN } from './pre-tokens.ts';
import { BOS_ID, EOS_ID, type TokenizerModel } from './tokenizer-model.ts';

/** The two files, as text, that make a Hugging Face tokenizer of a model directory. */
export interface TokenizerFileTexts {
  'tokenizer.json': string;
  'tokenizer_config.json': string;
}

/** Writes `model` as `tokenizer.json` and `tokenizer_config.json`; encoding puts BOS before a text. */
export function tokenizerFiles(model: TokenizerModel, options: { n_ctx: number }): TokenizerFileTexts {
  return {
    'tokenizer.json': `${JSON.stringify(tokenizerJson(model), null, 1)}\n`,
    'tokenizer_config.json': `${JSON.stringify(tokenizerConfig(model, options.n_ctx), null, 2)}\n`,
  };
}

function tokenizerJson({ specialTokens, tokens, merges }: TokenizerModel): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const alone = (Regex: string) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  });
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        alone('\\p{Han}'),
        alone(SIGN_PATTERN),
        byteLevel,
      ],
    },
    post_processor: bosFirst(specialTokens[BOS_ID]!),
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => `${tokens[left]} ${tokens[right]}`),
    },
  };
}

function bosFirst(bos: string): object {
  const special = { SpecialToken: { id: bos, type_id: 0 } };
  const sequence = (id: 'A' | 'B') => ({ Sequence: { id, type_id: 0 } });
  return {
    type: 'TemplateProcessing',
    single: [special, sequence('A')],
    pair: [special, sequence('A'), sequence('B')],
    special_tokens: { [bos]: { id: bos, ids: [BOS_ID], tokens: [bos] } },
  };
}

function tokenizerConfig({ specialTokens }: TokenizerModel, n_ctx: number): object {
  const pad = specialTokens[2];
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: specialTokens[BOS_ID],
    eos_token: specialTokens[EOS_ID],
    ...(pad === undefined ? {} : { pad_token: pad }),
    clean_up_tokenization_spaces: false,
    model_max_length: n_ctx,
  };
}

/** Reads back what `tokenizerFiles` wrote; `invalid` where the ids are not laid out as ours are. */
export function parseTokenizerModel(tokenizerJsonText: string): TokenizerModel {
  const { added_tokens, model } = JSON.parse(tokenizerJsonText) as {
    added_tokens: { id: number; content: string }[];
    model: { vocab: Record<string, number>; merges: string[] };
  };
  const specialTokens = added_tokens.map(({ content }) => content);
  const ids = new Map(Object.entries(model.vocab));
  const tokens: string[] = [];
  for (const [token, id] of ids) tokens[id] = token;
  [...specialTokens, ...BYTE_NAMES].forEach((token, id) => {
    if (tokens[id] !== token)
      throw new FacetError('invalid', `tokenizer.json has not ${JSON.stringify(token)} at id ${id}`);
  });
  const merges = model.merges.map((merge): [number, number] => {
    const [left = '', right = ''] = merge.split(' ');
    return [requireId(ids, left), requireId(ids, right)];
  });
  return { specialTokens, tokens, merges };
}

function requireId(ids: ReadonlyMap<string, number>, token: string): number {
  const id = ids.get(token);
  if (id === undefined) throw new FacetError('invalid', `tokenizer.json merges the unknown token ${token}`);
  return id;
}
