import type { Concept, ConceptKind, Language, Wording } from '../concept.ts';

/** What is said about a thing in every language; the pronouns are added by `it` and its kin. */
export type Words = Readonly<Record<Language, Omit<Wording, 'pronoun'>>>;
/** The French pronoun that fits the gender of the name: the only pronoun that varies between things. */
export type FrenchPronoun = 'Il' | 'Elle';

/** A thing that is called it in English and 它 in Chinese. */
export function it(kind: ConceptKind, id: string, french: FrenchPronoun, words: Words): Concept {
  return {
    id,
    kind,
    wording: {
      en: { ...words.en, pronoun: 'It' },
      es: { ...words.es, pronoun: '' },
      fr: { ...words.fr, pronoun: french },
      zh: { ...words.zh, pronoun: '它' },
    },
  };
}

/** A country. */
export function country(id: string, french: FrenchPronoun, words: Words): Concept {
  return it('country', id, french, words);
}

/** The capital of a country. */
export function capital(id: string, french: FrenchPronoun, words: Words): Concept {
  return it('capital', id, french, words);
}
