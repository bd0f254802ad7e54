import { FacetError, isFacetError, quote } from '@facet/errors';
import { type ChatTemplate, type ChatTemplates, DEFAULT_TEMPLATE } from './chat-templates.ts';
import { TemplateRefusal } from './template-globals.ts';
import { runTemplate } from './template-interpreter.ts';

/** One message of a chat. */
export interface ChatMessage {
  role: string;
  content: string;
}

export interface RenderOptions {
  /** Name of the template. @default `default` */
  template?: string | undefined;
  /** Whether the beginning of the assistant's next message is put at the end. @default true */
  addGenerationPrompt?: boolean | undefined;
  /** What templates that state the date are told. */
  now: Date;
}

/** Longest text that a chat may become, UTF-16 units. */
export const MAX_RENDERED_CHARS = 4 * 1024 * 1024;

/**
 * Renders messages into the text of a prompt, as transformers' `apply_chat_template` does without tools and documents. The text has its
 * special tokens: it is tokenized without adding any. Throws `precondition` where the model has no such template or it cannot be used,
 * `invalid` where the template refuses these messages. Whatever a template does takes time and memory: run it where it can be ended.
 */
export function renderChat(
  chats: ChatTemplates,
  messages: readonly ChatMessage[],
  { template: name, addGenerationPrompt = true, now }: RenderOptions,
): string {
  const template = chooseTemplate(chats, name);
  const variables = {
    ...chats.specialTokens,
    messages,
    tools: null,
    documents: null,
    add_generation_prompt: addGenerationPrompt,
  };
  let text: string;
  try {
    text = runTemplate(template.text, variables, now);
  } catch (cause) {
    throw explain(cause, template);
  }
  if (text.length > MAX_RENDERED_CHARS)
    throw new FacetError(
      'invalid',
      `${titleOf(template)} makes ${text.length} characters of these messages; the limit is ${MAX_RENDERED_CHARS}: send less`,
      { reason: 'CHAT_TOO_LONG' },
    );
  return text;
}

/** Finds the template called `name`, or the one that is taken where none is named. */
function chooseTemplate({ templates, problem }: ChatTemplates, name: string | undefined): ChatTemplate {
  if (problem !== undefined)
    throw new FacetError(
      'precondition',
      `the chat templates of the model cannot be used: ${problem}; mend the file, or ${AS_TEXT}`,
      { reason: 'CHAT_TEMPLATE_UNUSABLE' },
    );
  if (templates.length === 0)
    throw new FacetError(
      'precondition',
      `the model has no chat template; ${AS_TEXT}, or put the template into chat_template.jinja beside its tokenizer.json`,
      { reason: 'CHAT_TEMPLATE_MISSING' },
    );
  const only = templates.length === 1 ? templates[0] : undefined;
  const found =
    name === undefined
      ? (templates.find((one) => one.name === DEFAULT_TEMPLATE) ?? only)
      : templates.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = templates.map((one) => quote(one.name)).join(', ');
  throw new FacetError(
    name === undefined ? 'precondition' : 'invalid',
    name === undefined
      ? `the model has several chat templates and none called "${DEFAULT_TEMPLATE}"; name one of ${names}`
      : `there is no chat template ${quote(name)}; there are: ${names}`,
    { reason: 'CHAT_TEMPLATE_UNKNOWN', field: 'template' },
  );
}

const AS_TEXT = 'give the prompt as text';

function titleOf({ name, file }: ChatTemplate): string {
  return `chat template ${quote(name)} (${file})`;
}

function explain(cause: unknown, template: ChatTemplate): unknown {
  if (cause instanceof TemplateRefusal)
    return new FacetError(
      'invalid',
      `${titleOf(template)} refuses these messages: ${quote(cause.message)}; change the messages`,
      { cause, reason: 'CHAT_REFUSED' },
    );
  if (isFacetError(cause)) return cause;
  const said = (cause instanceof Error && cause.message) || String(cause);
  return new FacetError(
    'precondition',
    `${titleOf(template)} cannot be used: ${quote(said)}; mend the template, or ${AS_TEXT}`,
    { cause, reason: 'CHAT_TEMPLATE_UNUSABLE' },
  );
}
