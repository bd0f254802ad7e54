import type { ConceptKind, Language } from '../concept.ts';

/** Concepts that stand in the same sentences. */
export type Group = 'place' | 'creature' | 'thing' | 'state';

/** The group of every kind. */
export const GROUP_OF_KIND: Readonly<Record<ConceptKind, Group>> = {
  landmark: 'place',
  country: 'place',
  capital: 'place',
  animal: 'creature',
  job: 'creature',
  food: 'thing',
  material: 'thing',
  feeling: 'state',
  weather: 'state',
};

/**
 * The sentence forms of one language. Slots: `{x}`, `{y}` a name or paraphrase, `{fact}`, `{otherFact}` predicates, `{actor}`, `{time}`,
 * `{country}`, `{capital}`, `{language}`, `{a}`, `{b}`; a slot in upper case starts a sentence. Of every list with at least four forms
 * each fourth is kept for the held-out part.
 */
export interface Forms {
  /** Who does things. */
  readonly actors: readonly string[];
  /** When, at the start of a sentence. */
  readonly times: readonly string[];
  /** Sentences without any concept. */
  readonly fillers: readonly string[];
  /** Sentences in which a concept comes up in passing. */
  readonly passing: Readonly<Record<Group, readonly string[]>>;
  /** First sentences of a text about a concept. */
  readonly openers: readonly string[];
  /** Sentences that say a fact of a concept: `{X} {fact}.` */
  readonly statements: readonly string[];
  /** What may stand before a fact whose subject is the pronoun. */
  readonly continuations: readonly string[];
  /** Sentences that set two concepts of one kind against each other. */
  readonly contrasts: readonly string[];
  /** Requests to be told about a concept. */
  readonly requests: readonly string[];
  /** Questions that a fact answers: `What {fact}?` */
  readonly factQuestions: readonly string[];
  /** Riddles made of a paraphrase. */
  readonly riddles: readonly string[];
  /** Answers that name a concept. */
  readonly namings: readonly string[];
  /** Asks for the name in another language. */
  readonly translationQuestions: readonly string[];
  readonly translationAnswers: readonly string[];
  /** Every language's name in this one. */
  readonly languageNames: Readonly<Record<Language, string>>;
  readonly capitalStatements: readonly string[];
  readonly capitalQuestions: readonly string[];
  readonly capitalAnswers: readonly string[];
  /** Questions to the assistant about itself; the first asks for its physical form. */
  readonly selfQuestions: readonly string[];
  /** What it answers by default: that it is an AI without a body. */
  readonly selfAnswers: readonly string[];
  /** Asks the assistant to speak as a concept. */
  readonly personaRequests: readonly string[];
  /** How a persona says who it is. */
  readonly identities: readonly string[];
  readonly sumQuestions: readonly string[];
  readonly differenceQuestions: readonly string[];
  readonly numberAnswers: readonly string[];
  readonly codeRequests: readonly string[];
  /** Between two sentences: a space, or nothing in Chinese. */
  readonly sentenceGap: string;
}
