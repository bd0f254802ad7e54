import type { ChatPrompt, GenerateTextRequest } from '@facet/contracts';
import { FacetError, isFacetError } from '@facet/errors';

/** What to go on from, and the request field that gives it. */
export interface Prompt {
  /** As inference takes it. */
  value: NonNullable<GenerateTextRequest['prompt']>;
  field: string;
}

/** A text to go on from. */
export function textPrompt(text: string, field: string): Prompt {
  return { value: { $case: 'text', value: text }, field };
}

/** A chat to go on from. */
export function chatPrompt(chat: ChatPrompt, field: string): Prompt {
  return { value: { $case: 'chat', value: chat }, field };
}

/** The text or the chat of a request; refuses both. */
export function readPrompt(text: string, chat: ChatPrompt | undefined): Prompt {
  if (chat === undefined) return textPrompt(text, 'prompt');
  if (text === '') return chatPrompt(chat, 'chat');
  throw new FacetError('invalid', 'chat: a prompt is given too; give one of the two', { field: 'chat' });
}

/** Passes inference's stream on; an error about its request's prompt is about the field that gave it. */
export async function* promptErrors<T>(
  events: AsyncIterable<T>,
  { value: { $case }, field }: Prompt,
): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    const at = isFacetError(error) ? error.field : undefined;
    if (at === undefined || !new RegExp(`^${$case}(?![a-z_])`).test(at)) throw error;
    const { kind, message, reason, metadata } = error as FacetError;
    const own = `${field}${at.slice($case.length)}`;
    const said = message.startsWith(`${at}: `) ? `${own}${message.slice(at.length)}` : message;
    throw new FacetError(kind, said, { cause: error, field: own, reason, metadata });
  }
}
