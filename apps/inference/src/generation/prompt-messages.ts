import type { ChatPrompt, GenerateTextRequest } from '@facet/contracts';
import { FacetError, isFacetError } from '@facet/errors';
import type { LoadedModel } from '../models/loaded-model.ts';
import { readTokenBatch } from '../tokens/token-batches.ts';
import { requireTokens } from '../tokens/token-messages.ts';
import { tokenizeTexts } from '../tokens/tokenize-texts.ts';

/** Most messages of a chat, and longest name of who speaks. */
const MAX_CHAT_MESSAGES = 1024;
const MAX_ROLE_CHARS = 64;
/** Most tokens of a prompt given as text, whatever the context of the model. */
const MAX_PROMPT_TOKENS = 2 ** 20;

/** Reads what to go on from: token ids as they are, a text with the tokens of a prompt, or a chat as the model's template writes it. */
export async function readPrompt(
  prompt: GenerateTextRequest['prompt'],
  model: LoadedModel,
  signal: AbortSignal,
): Promise<Int32Array> {
  const { n_ctx, d_vocab } = model.runtime.spec;
  switch (prompt?.$case) {
    case undefined:
      throw invalid('the prompt is missing: give text, tokens or chat', 'text');
    case 'tokens': {
      const limits = { maxSequences: 1, maxTokens: n_ctx, maxLength: n_ctx, d_vocab };
      return readTokenBatch(prompt.value, limits, 'tokens').ids;
    }
    case 'text':
      return tokenize(prompt.value, model, { addSpecial: true, field: 'text', signal });
    case 'chat': {
      const text = await renderChat(prompt.value, model, signal);
      // The template brings the special tokens.
      return tokenize(text, model, { addSpecial: false, field: 'chat', signal });
    }
  }
}

async function tokenize(
  text: string,
  model: LoadedModel,
  options: { addSpecial: boolean; field: string; signal: AbortSignal },
): Promise<Int32Array> {
  const sequences = await tokenizeTexts(model, [text], { ...options, maxTokens: MAX_PROMPT_TOKENS });
  await requireTokens(model, sequences, options);
  return sequences.ids;
}

async function renderChat(
  { messages, template, addGenerationPrompt = true }: ChatPrompt,
  { tokenizer }: LoadedModel,
  signal: AbortSignal,
): Promise<string> {
  const { length } = messages;
  if (length < 1 || length > MAX_CHAT_MESSAGES)
    throw invalid(`${length} messages; from 1 to ${MAX_CHAT_MESSAGES} are possible`, 'chat.messages');
  messages.forEach(({ role }, index) => {
    if (role.length < 1 || role.length > MAX_ROLE_CHARS)
      throw invalid(
        `the role has ${role.length} characters; from 1 to ${MAX_ROLE_CHARS} are possible`,
        `chat.messages[${index}].role`,
      );
  });
  const chat = { messages, template: template === '' ? undefined : template, addGenerationPrompt };
  let text: string;
  try {
    text = await tokenizer.renderChat(chat, signal);
  } catch (error) {
    throw isFacetError(error) ? inChat(error) : error;
  }
  if (text === '')
    throw new FacetError('invalid', 'chat: the template writes nothing for these messages; give others', {
      reason: 'CHAT_REFUSED',
      field: 'chat',
    });
  return text;
}

/** Says that an error is about the request's chat. */
function inChat(error: FacetError): FacetError {
  const { kind, message, reason, metadata } = error;
  if (kind === 'cancelled' || kind === 'unavailable') return error;
  const field = reason === 'CHAT_TEMPLATE_UNKNOWN' ? 'chat.template' : 'chat';
  return new FacetError(kind, `${field}: ${message}`, { cause: error, reason, metadata, field });
}

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field });
}
