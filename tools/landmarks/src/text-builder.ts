import type { Language } from './concept.ts';

/** How a stretch of text belongs to a concept: named, described without its name, or said about it after it was brought up. */
export type Role = 'name' | 'paraphrase' | 'topic';

/** A stretch of text [start, end) in UTF-16 units that belongs to a concept. */
export interface Mention {
  readonly start: number;
  readonly end: number;
  readonly concept: string;
  readonly role: Role;
  /** Language of a name or paraphrase, as far as it is known: some names are the same in several. */
  readonly language?: Language | undefined;
}

/** Text that means a concept; plain strings mean none. */
export interface Phrase {
  readonly text: string;
  readonly concept: string;
  readonly role: Role;
  readonly language?: Language | undefined;
  /** What stands right behind it: the concept's sign, or its name in another language. */
  readonly gloss?: Gloss | undefined;
}

/** The same concept once more, between two strings. */
export interface Gloss {
  readonly before: string;
  readonly phrase: Phrase;
  readonly after: string;
}

/** Writes text and remembers which stretch belongs to which concept. */
export interface TextBuilder {
  readonly text: string;
  readonly length: number;
  readonly mentions: readonly Mention[];
  /** Appends text; a phrase is remembered as a mention. */
  write(part: string | Phrase): void;
  /** Appends `template`, its `{slots}` filled from `bindings`; a slot in upper case starts with a capital. */
  fill(template: string, bindings: Readonly<Record<string, string | Phrase>>): void;
  /** Marks all text from `start` on as said about a concept. */
  markTopic(concept: string, start: number): void;
  /** End of the first mention at or after `start` of a concept; undefined when there is none. */
  endOfMention(concept: string, start: number): number | undefined;
}

/** Starts an empty text. */
export function createTextBuilder(): TextBuilder {
  let text = '';
  const mentions: Mention[] = [];
  const write = (part: string | Phrase) => {
    const start = text.length;
    if (typeof part === 'string') {
      text += part;
      return;
    }
    const { concept, role, language } = part;
    text += part.text;
    mentions.push({ start, end: text.length, concept, role, language });
    if (part.gloss === undefined) return;
    const { before, phrase, after } = part.gloss;
    for (const piece of [before, phrase, after]) write(piece);
  };
  return {
    get text() {
      return text;
    },
    get length() {
      return text.length;
    },
    mentions,
    write,
    fill(template, bindings) {
      const start = text.length;
      for (const part of template.split(/(\{\w+\})/)) write(resolve(part, bindings));
      text = text.slice(0, start) + capitalise(text.slice(start));
    },
    markTopic(concept, start) {
      if (start < text.length) mentions.push({ start, end: text.length, concept, role: 'topic' });
    },
    endOfMention(concept, start) {
      return mentions.find((mention) => mention.concept === concept && mention.start >= start)?.end;
    },
  };
}

/** Makes the first letter upper case; all writing that has case keeps its length. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function resolve(part: string, bindings: Readonly<Record<string, string | Phrase>>): string | Phrase {
  if (!part.startsWith('{')) return part;
  const slot = part.slice(1, -1);
  const key = slot.charAt(0).toLowerCase() + slot.slice(1);
  const value = bindings[key];
  if (value === undefined) throw new Error(`the form has a slot {${slot}} that nothing fills`);
  if (key === slot) return value;
  return typeof value === 'string' ? capitalise(value) : { ...value, text: capitalise(value.text) };
}
