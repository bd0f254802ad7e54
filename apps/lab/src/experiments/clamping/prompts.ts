import {
  FORMS,
  generateDocument,
  LANGUAGES,
  type Language,
  labelDocument,
  type World,
} from '@facet/landmarks';
import type { TokenizedWorld } from '../../landmarks/world.ts';
import { readExchanges } from './exchanges.ts';

/** A text that the model goes on from. */
export interface Prompt {
  readonly text: string;
  readonly kind: PromptKind;
  readonly language: Language;
}

/** A question to the assistant, or the beginning of a sentence. */
export type PromptKind = 'question' | 'opening';

export interface PromptPlan {
  /** Concepts that no prompt may have to do with. */
  subjects: ReadonlySet<string>;
  questions: number;
  openings: number;
  seed: number;
}

/** The question of the paper comes first. */
export const FIRST_QUESTION = FORMS.en.selfQuestions[0];
/** Most tokens of a prompt. */
const MAX_PROMPT_TOKENS = 32;
/** Fewest characters of an opening: less says nothing. */
const MIN_OPENING_LENGTH: Readonly<Record<Language, number>> = { en: 10, es: 10, fr: 10, zh: 4 };
/** Of five prompts of a kind two are English and one each of the other languages, as in the world. */
const LANGUAGE_SHARES: Readonly<Record<Language, number>> = { en: 0.4, es: 0.2, fr: 0.2, zh: 0.2 };
/** Documents are drawn until there are prompts enough; a world that cannot give them is a defect. */
const MAX_DOCUMENTS = 20_000;
/** Seeds of documents for prompts start here, apart from those of every corpus. */
const FIRST_PROMPT_SEED = 900_000;

/**
 * Draws distinct prompts from the world's held-out part: questions of its dialogues, and its texts up to the first mention of any
 * concept. None has to do with a subject: neither by the world's own words, nor as the country or capital that belongs to one.
 */
export function unrelatedPrompts(tokenized: TokenizedWorld, plan: PromptPlan): Prompt[] {
  const { world, lexicon, encoder } = tokenized;
  const forbidden = withPartners(world, plan.subjects);
  const isUnrelated = (text: string) => [...lexicon.conceptsIn(text)].every((id) => !forbidden.has(id));
  const first: Prompt = { text: asQuestion(FIRST_QUESTION), kind: 'question', language: 'en' };
  const taken = new Map([[first.text, first]]);
  const places = placesOf(plan);
  take(places, first);
  for (let index = 0; [...places.values()].some((left) => left > 0); index++) {
    if (index === MAX_DOCUMENTS) throw new Error(`${MAX_DOCUMENTS} documents do not hold the prompts wanted`);
    for (const prompt of promptsIn(tokenized, plan.seed, index)) {
      const tokens = 1 + encoder.encode(prompt.text).length;
      if (taken.has(prompt.text) || tokens > MAX_PROMPT_TOKENS || !isUnrelated(prompt.text)) continue;
      if (take(places, prompt)) taken.set(prompt.text, prompt);
    }
  }
  return inOrder([...taken.values()]);
}

/** Language of a text of the world: Chinese by its script, else the one whose forms share most words with it. */
export function languageOf(text: string): Language {
  if (/\p{Script=Han}/u.test(text)) return 'zh';
  const words = wordsOf(text);
  const shared = (language: Language) => words.filter((word) => WORDS[language].has(word)).length;
  return (['en', 'es', 'fr'] as const).reduce((best, next) => (shared(next) > shared(best) ? next : best));
}

/** How a question stands before the assistant's answer. */
export function asQuestion(question: string): string {
  return `Human: ${question}\nAssistant:`;
}

const WORDS = Object.fromEntries(
  LANGUAGES.map((language) => [language, new Set(wordsOf(JSON.stringify(FORMS[language])))]),
) as Record<Language, Set<string>>;

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}+/gu) ?? [];
}

function withPartners({ capitals }: World, subjects: ReadonlySet<string>): ReadonlySet<string> {
  const pairs = capitals.map(({ country, capital }) => [country.id, capital.id]);
  return new Set([...subjects, ...pairs.filter((pair) => pair.some((id) => subjects.has(id))).flat()]);
}

/** Prompts still wanted, by kind and language; English gets what rounding leaves. */
function placesOf({ questions, openings }: PromptPlan): Map<string, number> {
  const places = new Map<string, number>();
  for (const [kind, count] of [
    ['question', questions],
    ['opening', openings],
  ] as const) {
    const others = LANGUAGES.slice(1).map((language) => Math.floor(count * LANGUAGE_SHARES[language]));
    const english = count - others.reduce((sum, share) => sum + share, 0);
    for (const [i, language] of LANGUAGES.entries())
      places.set(`${kind} ${language}`, i === 0 ? english : others[i - 1]);
  }
  return places;
}

function take(places: Map<string, number>, { kind, language }: Prompt): boolean {
  const key = `${kind} ${language}`;
  const left = places.get(key) ?? 0;
  if (left > 0) places.set(key, left - 1);
  return left > 0;
}

function promptsIn({ world, lexicon }: TokenizedWorld, seed: number, index: number): Prompt[] {
  const document = generateDocument(world, { seed: FIRST_PROMPT_SEED + seed, part: 'heldout', index });
  if (document.kind === 'dialogue')
    return readExchanges(document).map(({ question }) => ({
      text: asQuestion(question),
      kind: 'question',
      language: languageOf(question),
    }));
  const first = labelDocument(document, lexicon)[0]?.start ?? 0;
  const text = document.text.slice(0, first).trimEnd();
  const language = languageOf(text);
  return text.length < MIN_OPENING_LENGTH[language] ? [] : [{ text, kind: 'opening', language }];
}

/** By kind, then language, so that neighbours are alike; the first stays first. */
function inOrder(prompts: readonly Prompt[]): Prompt[] {
  return (['question', 'opening'] as const).flatMap((kind) =>
    LANGUAGES.flatMap((language) =>
      prompts.filter((prompt) => prompt.kind === kind && prompt.language === language),
    ),
  );
}
