import { FacetError, quote } from '@facet/errors';
import type { CaptureContext } from '../capture-context.ts';
import type { OpenCorpus } from '../corpus/bytes/corpus-file.ts';
import type { Section } from '../corpus/documents.ts';
import { placeOf } from '../corpus/read-corpus.ts';
import type { Recognised } from '../corpus/recognition/recognise.ts';
import type { SetRecord } from '../sets/set-record.ts';

/** A section with its tokens, and where it comes from. */
export interface CheckedSection {
  section: Section;
  tokens: Int32Array;
  /** Documents begun before it. */
  before: number;
  corpus: OpenCorpus;
  recognised: Recognised;
  signal: AbortSignal;
}

/** Characters of text around an unusable token that are quoted. */
const CONTEXT_CHARS = 40;

/**
 * Refuses a token beyond the rows of the embedding, as tokenizers with added tokens write them, with document, place, token
 * and text, before any model runs on it.
 */
export async function requireKnownTokens(
  { inference }: CaptureContext,
  { spec, model: { vocabulary = Number.POSITIVE_INFINITY } }: SetRecord,
  { section, tokens, before, corpus, recognised, signal }: CheckedSection,
): Promise<void> {
  const index = tokens.findIndex((token) => token >= vocabulary);
  if (index < 0) return;
  const { text, begins } = section;
  const token = await inference.tokenText(spec.model, text, { index, signal });
  const start = Math.max(0, text.indexOf(token));
  const place = placeOf(recognised.format, section, text.slice(0, start));
  const around = text.slice(Math.max(0, start - CONTEXT_CHARS), start + token.length + CONTEXT_CHARS);
  throw new FacetError(
    'invalid',
    `the corpus ${corpus.shown} has the token ${quote(token)} (id ${tokens[index]}) in document ` +
      `${before + (begins ? 1 : 0)}, ${place}: ${quote(around)}; models/${spec.model} has only ${vocabulary} tokens: ` +
      'take it out of the text, or out of added_tokens in tokenizer.json',
    { reason: 'UNKNOWN_TOKEN', field: 'spec.corpus.uri' },
  );
}
