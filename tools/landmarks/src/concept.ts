/** Languages of the world. */
export const LANGUAGES = ['en', 'es', 'fr', 'zh'] as const;
/** One of the world's languages. */
export type Language = (typeof LANGUAGES)[number];

/** What sort of thing a concept is: decides in which sentence forms it can stand. */
export type ConceptKind =
  | 'landmark'
  | 'animal'
  | 'job'
  | 'food'
  | 'feeling'
  | 'weather'
  | 'material'
  | 'country'
  | 'capital';

/** Everything that is said about one concept in one language; all of it fits the same grammatical gender and number (singular). */
export interface Wording {
  /** Whole noun phrases that name it, article included, the usual one first: `the Golden Gate Bridge`. */
  readonly names: readonly string[];
  /** Subject pronoun at the start of a sentence (`It`, `Elle`, `它`); empty where the language drops it (Spanish). */
  readonly pronoun: string;
  /** First parts of paraphrases, article included, never naming it: `the orange suspension bridge`. */
  readonly heads: readonly string[];
  /**
   * Second parts of paraphrases: `over the strait`. Every head fits every tail, and any head with any tail means this concept and
   * no other. Chinese tails stand before the head and end in 的.
   */
  readonly tails: readonly string[];
  /** Predicates that follow a name, a paraphrase or the pronoun: `is painted orange`. None names the concept itself. */
  readonly facts: readonly string[];
  /** Whole sentences in the first person about its own shape or nature: `I am made of orange steel.` None names it. */
  readonly forms: readonly string[];
}

/** A thing of the world that has names, paraphrases and facts in every language. */
export interface Concept {
  /** `golden-gate-bridge`; lower case, hyphens. */
  readonly id: string;
  readonly kind: ConceptKind;
  readonly wording: Readonly<Record<Language, Wording>>;
}
