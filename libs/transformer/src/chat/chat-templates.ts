import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FacetError, isFacetError } from '@facet/errors';
import { z } from 'zod';
import { readModelText } from '../weights/model-text.ts';

/** Longest template, UTF-16 units: ten times the longest that is published. */
export const MAX_TEMPLATE_CHARS = 256 * 1024;
/** Most templates of one model. */
export const MAX_TEMPLATES = 32;
/** The template that is taken where none is named. */
export const DEFAULT_TEMPLATE = 'default';

/** One chat template of a model, as its files have it. */
export interface ChatTemplate {
  name: string;
  /** The file that it stands in, relative to the model directory. */
  file: string;
  text: string;
}

/** What a model directory says about chats. */
export interface ChatTemplates {
  /** By name, `default` first. */
  templates: readonly ChatTemplate[];
  /** Special tokens by the names that templates know them by: `bos_token`, `eos_token`, … */
  specialTokens: Readonly<Record<string, string>>;
  /** Why the templates cannot be used; undefined where they can, or where there are none. */
  problem: string | undefined;
}

const token = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);
const named = z.object({ name: z.string().min(1), template: z.string() });
const configSchema = z.looseObject({
  chat_template: z.union([z.string(), z.array(named)]).nullish(),
  added_tokens_decoder: z.unknown().optional(),
});
const FOLDER = 'additional_chat_templates';
const EXTENSION = '.jinja';

/**
 * Finds the chat templates of a model directory as transformers does: `chat_template.jinja` and `additional_chat_templates/*.jinja`;
 * where there are none, `chat_template` of tokenizer_config.json, a text or a list of named ones; last, `chat_template.json` of a processor.
 * Files that cannot be read make the templates unusable, not the model.
 */
export async function loadChatTemplates(directory: string): Promise<ChatTemplates> {
  try {
    const config = await readJson(directory, 'tokenizer_config.json');
    const templates = await findTemplates(directory, config);
    const specialTokens = await findSpecialTokens(directory, config);
    return { templates, specialTokens, problem: undefined };
  } catch (error) {
    if (!isFacetError(error)) throw error;
    return { templates: [], specialTokens: {}, problem: error.message };
  }
}

async function findTemplates(directory: string, config: unknown): Promise<ChatTemplate[]> {
  const files = await readFiles(directory);
  const found =
    files.length > 0
      ? files
      : (readConfigured(config, 'tokenizer_config.json') ??
        readConfigured(await readJson(directory, 'chat_template.json'), 'chat_template.json') ??
        []);
  const byName = new Map(found.map((template) => [template.name, template]));
  if (byName.size > MAX_TEMPLATES)
    throw unusable(`${byName.size} chat templates in ${found[0]!.file}; the limit is ${MAX_TEMPLATES}`);
  return [...byName.values()].map(bounded).sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

const rank = ({ name }: ChatTemplate) => (name === DEFAULT_TEMPLATE ? 0 : 1);

async function readFiles(directory: string): Promise<ChatTemplate[]> {
  const single = await readOptional(join(directory, 'chat_template.jinja'));
  const names = (await listFolder(join(directory, FOLDER))).filter((name) => name.endsWith(EXTENSION)).sort();
  if (names.length > MAX_TEMPLATES)
    throw unusable(`${names.length} chat templates in ${FOLDER}; the limit is ${MAX_TEMPLATES}`);
  const others = await Promise.all(
    names.map(async (file) => ({
      name: file.slice(0, -EXTENSION.length),
      file: `${FOLDER}/${file}`,
      text: (await readOptional(join(directory, FOLDER, file))) ?? '',
    })),
  );
  const first =
    single === undefined ? [] : [{ name: DEFAULT_TEMPLATE, file: 'chat_template.jinja', text: single }];
  return [...first, ...others];
}

/** Reads `chat_template` of a JSON file; undefined where it says nothing. */
function readConfigured(json: unknown, file: string): ChatTemplate[] | undefined {
  if (json === undefined) return undefined;
  const { success, data, error } = configSchema.safeParse(json);
  if (!success) {
    const { path, message } = error.issues[0]!;
    throw unusable(`${file} is malformed at ${path.join('.') || 'its root'}: ${message}`);
  }
  const { chat_template } = data;
  if (chat_template === undefined || chat_template === null) return undefined;
  if (typeof chat_template === 'string') return [{ name: DEFAULT_TEMPLATE, file, text: chat_template }];
  return chat_template.map(({ name, template }) => ({ name, file, text: template }));
}

/** The values of every `*_token`; special_tokens_map.json has the last word in configurations without `added_tokens_decoder`. */
async function findSpecialTokens(directory: string, config: unknown): Promise<Record<string, string>> {
  const own = tokensOf(config);
  if (typeof config === 'object' && config !== null && 'added_tokens_decoder' in config) return own;
  return { ...own, ...tokensOf(await readJson(directory, 'special_tokens_map.json')) };
}

function tokensOf(json: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(json ?? {})) {
    const { success, data } = token.safeParse(value);
    if (success && key.endsWith('_token')) found[key] = data;
  }
  return found;
}

function bounded(template: ChatTemplate): ChatTemplate {
  const { name, file, text } = template;
  if (text.length <= MAX_TEMPLATE_CHARS) return template;
  throw unusable(
    `chat template "${name}" of ${file} has ${text.length} characters; the limit is ${MAX_TEMPLATE_CHARS}`,
  );
}

async function readJson(directory: string, file: string): Promise<unknown> {
  const text = await readOptional(join(directory, file));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(`${file} is not JSON`, cause);
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readModelText(path);
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') return undefined;
    // The folder is no business of whoever chats.
    throw unusable(`${basename(path)} cannot be read (${reasonOf(error)})`, error);
  }
}

function reasonOf(error: unknown): string | undefined {
  if (!isFacetError(error)) return (error as NodeJS.ErrnoException).code;
  return REASONS[error.reason ?? ''] ?? 'it is too large';
}

const REASONS: Readonly<Record<string, string>> = {
  MODEL_FILE_IRREGULAR: 'it is not a regular file',
  MODEL_FILE_NOT_UTF8: 'it is not UTF-8',
};

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch {
    return [];
  }
}

function unusable(message: string, cause?: unknown): FacetError {
  return new FacetError('precondition', message, { cause, reason: 'CHAT_TEMPLATE_UNUSABLE' });
}
