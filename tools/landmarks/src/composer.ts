import type { Random } from '@facet/random';
import { type Concept, LANGUAGES, type Language } from './concept.ts';
import { CHINESE } from './forms/chinese.ts';
import { ENGLISH } from './forms/english.ts';
import type { Forms } from './forms/forms.ts';
import { FRENCH } from './forms/french.ts';
import { SPANISH } from './forms/spanish.ts';
import { SIGNS } from './signs.ts';
import type { Gloss, Phrase } from './text-builder.ts';

/** The two parts of the world's texts. They share concepts and words, never sentence forms, paraphrases or pairings. */
export type Part = 'train' | 'heldout';

/** Every this-many-th form of a list, and every third paraphrase, belongs to the held-out part. */
const FORMS_PER_HELD_OUT = 4;
const PARAPHRASES_PER_HELD_OUT = 3;
/** Share of references that are the usual name; the others are other names and paraphrases. */
const NAME_SHARE = 0.6;
const USUAL_NAME_SHARE = 0.7;
/** Share of the held-out part's sentences in forms that the train part never uses. */
const NEW_FORM_SHARE = 0.5;
/** What stands behind the first mention of every concept of a document. */
export type GlossStyle = 'none' | 'sign' | Language;
/** How often each style comes up in prose. */
const GLOSS_DRAWS: readonly GlossStyle[] = [
  ...Array<'none'>(4).fill('none'),
  ...Array<'sign'>(8).fill('sign'),
  ...LANGUAGES,
];

/** Draws the style of a document's glosses. */
export function drawGlossStyle(random: Random): GlossStyle {
  return GLOSS_DRAWS[random.below(GLOSS_DRAWS.length)];
}

export const FORMS: Readonly<Record<Language, Forms>> = {
  en: ENGLISH,
  es: SPANISH,
  fr: FRENCH,
  zh: CHINESE,
};

/** Draws words and forms for one document of one part. */
export interface Composer {
  readonly part: Part;
  readonly random: Random;
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  /** One of the forms that this part may use. */
  form(forms: readonly string[]): string;
  /** A name of the concept. */
  name(concept: Concept, language: Language): Phrase;
  /** A paraphrase that this part may use. */
  paraphrase(concept: Concept, language: Language): Phrase;
  /** A name or a paraphrase. */
  refer(concept: Concept, language: Language): Phrase;
}

/** Makes the draws of one document, with glosses behind its mentions or without. */
export function createComposer(part: Part, random: Random, style: GlossStyle): Composer {
  const pick = <T>(values: readonly T[]) => values[random.below(values.length)];
  const chance = (probability: number) => random.uniform() < probability;
  const glossed = new Set<string>();
  const gloss = (concept: Concept, language: Language) => {
    if (glossed.has(concept.id)) return undefined;
    glossed.add(concept.id);
    return glossOf(style, concept, language);
  };
  const name = (concept: Concept, language: Language): Phrase => {
    const { names } = concept.wording[language];
    const text = chance(USUAL_NAME_SHARE) ? names[0] : pick(names);
    return { text, concept: concept.id, role: 'name', language, gloss: gloss(concept, language) };
  };
  const paraphrase = (concept: Concept, language: Language): Phrase => ({
    text: pick(paraphrases(concept, language, part)),
    concept: concept.id,
    role: 'paraphrase',
    language,
    gloss: gloss(concept, language),
  });
  const form = (forms: readonly string[]) =>
    pick(part === 'heldout' && !chance(NEW_FORM_SHARE) ? formsOf(forms, 'train') : formsOf(forms, part));
  return {
    part,
    random,
    chance,
    pick,
    form,
    name,
    paraphrase,
    refer: (concept, language) =>
      chance(NAME_SHARE) ? name(concept, language) : paraphrase(concept, language),
  };
}

/** The sign of a concept, or its usual name in the document's second language. */
function glossOf(style: GlossStyle, concept: Concept, language: Language): Gloss | undefined {
  if (style === 'none' || style === language) return undefined;
  const topic = { concept: concept.id, role: 'topic' as const };
  if (style === 'sign') {
    const text = SIGNS[concept.id];
    return { before: ' ', phrase: { ...topic, text }, after: '' };
  }
  const phrase = { ...topic, role: 'name' as const, text: concept.wording[style].names[0], language: style };
  return language === 'zh' ? { before: '（', phrase, after: '）' } : { before: ' (', phrase, after: ')' };
}

/** The forms of a list that a part may use; lists of fewer than four are shared. */
export function formsOf<T>(forms: readonly T[], part: Part): readonly T[] {
  if (forms.length < FORMS_PER_HELD_OUT) return forms;
  const isHeldOut = (index: number) => index % FORMS_PER_HELD_OUT === FORMS_PER_HELD_OUT - 1;
  return forms.filter((_, index) => isHeldOut(index) === (part === 'heldout'));
}

const paraphraseCache = new WeakMap<Concept, Map<string, readonly string[]>>();

/** All paraphrases of a concept that a part may use: head and tail are each known to both parts, their pairing is not. */
export function paraphrases(concept: Concept, language: Language, part: Part): readonly string[] {
  const known = paraphraseCache.get(concept) ?? new Map<string, readonly string[]>();
  paraphraseCache.set(concept, known);
  const key = `${language} ${part}`;
  const made = known.get(key) ?? makeParaphrases(concept, language, part);
  known.set(key, made);
  return made;
}

function makeParaphrases(concept: Concept, language: Language, part: Part): readonly string[] {
  const { heads, tails } = concept.wording[language];
  return heads.flatMap((head, h) =>
    tails
      .filter((_, t) => ((h + t) % PARAPHRASES_PER_HELD_OUT === 2) === (part === 'heldout'))
      .map((tail) => (language === 'zh' ? tail + head : `${head} ${tail}`)),
  );
}
