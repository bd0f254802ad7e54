import type { TokenizeTextRequest, TokenizeTextResponse } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { LoadedModel } from '../models/loaded-model.ts';
import { tokenBatch } from './token-batches.ts';
import { MAX_RESPONSE_TOKENS, requireResponseFits, textBytes, tokenDetails } from './token-messages.ts';
import type { TokenSequences } from './token-sequences.ts';
import { tokenizeTexts } from './tokenize-texts.ts';

/** Most texts of one TokenizeText, and their bytes together. */
const MAX_TOKENIZE_TEXTS = 4096;
const MAX_TOKENIZE_BYTES = 3 * 2 ** 20;

/** Reads a TokenizeText request and tokenizes its texts. */
export async function readTokenizeRequest(
  { texts, addSpecialTokens }: TokenizeTextRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<TokenSequences> {
  if (texts.length > MAX_TOKENIZE_TEXTS)
    throw invalid(`${texts.length} texts; the limit is ${MAX_TOKENIZE_TEXTS}`);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MAX_TOKENIZE_BYTES)
    throw invalid(`the texts have ${bytes} bytes together; the limit is ${MAX_TOKENIZE_BYTES}`);
  const addSpecial = addSpecialTokens ?? true;
  return tokenizeTexts(model, texts, { addSpecial, maxTokens: MAX_RESPONSE_TOKENS, field: 'texts', signal });
}

/** Writes the answer; refuses one that passes the message limit. */
export async function tokenizeMessage(
  model: LoadedModel,
  sequences: TokenSequences,
  texts: { wanted: boolean; signal: AbortSignal },
): Promise<TokenizeTextResponse> {
  const details = await tokenDetails(model, sequences.ids, texts);
  const idBytes = 4 * sequences.ids.length + 5 * sequences.lengths.length;
  const detailBytes = (details.special?.data.byteLength ?? 0) + textBytes(details.tokenTexts);
  requireResponseFits(idBytes + detailBytes, 'send fewer texts at once, or leave include_token_texts out');
  return { tokens: tokenBatch(sequences), ...details };
}

function invalid(problem: string): FacetError {
  return new FacetError('invalid', `texts: ${problem}`, { field: 'texts' });
}
