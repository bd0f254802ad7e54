import type { Relation, RelationPair } from '@facet/experiments';
import {
  type Concept,
  LANGUAGES,
  type Language,
  type Lexicon,
  paraphrases,
  type World,
  withoutArticle,
} from '@facet/landmarks';

/** Words for a concept, in one language; the row of its vectors is its place in the list. */
export interface Phrase {
  readonly concept: string;
  readonly language: Language;
  /** As it stands in a sentence: `the Golden Gate Bridge`. */
  readonly text: string;
  /** Without its article. */
  readonly core: string;
}

/** The phrases whose vectors are wanted, and the relations between them. */
export interface WorldRelations {
  readonly phrases: readonly Phrase[];
  readonly relations: readonly Relation[];
  /** Rows of every country and its capital in English. */
  readonly capitals: readonly RelationPair[];
}

const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  es: 'Spanish',
  fr: 'French',
  zh: 'Chinese',
};

/** Finds the relations that the world knows: capitals, names in other languages, descriptions, and where landmarks stand. */
export function worldRelations(world: World, lexicon: Lexicon): WorldRelations {
  const names = LANGUAGES.flatMap((language) =>
    world.concepts.map((concept) => phraseOf(concept, language, concept.wording[language].names[0])),
  );
  const described = world.concepts.map((concept) =>
    phraseOf(concept, 'en', paraphrases(concept, 'en', 'train')[0]),
  );
  const table = { world, names, phrases: [...names, ...described] };
  const relations = [
    ...LANGUAGES.map((language) => capitalRelation(table, language)),
    ...LANGUAGES.filter((language) => language !== 'en').map((language) => translation(table, language)),
    descriptionRelation(table),
    countryRelation(table, lexicon),
  ];
  return { phrases: table.phrases, relations, capitals: relations[0].pairs };
}

/** The phrases, names in all languages first and descriptions after them. */
interface PhraseTable {
  readonly world: World;
  readonly names: readonly Phrase[];
  readonly phrases: readonly Phrase[];
}

function capitalRelation(table: PhraseTable, language: Language): Relation {
  const pairs = table.world.capitals.map(({ country, capital }) => ({
    from: rowOf(table, country.id, language),
    to: rowOf(table, capital.id, language),
    group: 'capital',
  }));
  const name = `country → capital (${LANGUAGE_NAMES[language]})`;
  return { name, pairs, distractors: rowsIn(table, [language]) };
}

/** English names and those in another language; names that are the same in both tell nothing. */
function translation(table: PhraseTable, language: Language): Relation {
  const pairs = table.world.concepts
    .map(({ id, kind }) => ({
      from: rowOf(table, id, 'en'),
      to: rowOf(table, id, language),
      group: kind,
    }))
    .filter(({ from, to }) => table.phrases[from].core !== table.phrases[to].core);
  const name = `English → ${LANGUAGE_NAMES[language]}`;
  return { name, pairs, distractors: rowsIn(table, ['en', language]) };
}

function descriptionRelation(table: PhraseTable): Relation {
  const pairs = table.world.concepts.map(({ id, kind }, i) => ({
    from: table.names.length + i,
    to: rowOf(table, id, 'en'),
    group: kind,
  }));
  return { name: 'description → name', pairs, distractors: rowsIn(table, ['en']) };
}

function countryRelation(table: PhraseTable, lexicon: Lexicon): Relation {
  const pairs = landmarkCountries(table.world, lexicon).map(([landmark, country]) => ({
    from: rowOf(table, landmark, 'en'),
    to: rowOf(table, country, 'en'),
    group: 'country',
  }));
  return { name: 'landmark → its country', pairs, distractors: rowsIn(table, ['en']) };
}

function rowOf({ names }: PhraseTable, id: string, wanted: Language): number {
  return names.findIndex(({ concept, language }) => concept === id && language === wanted);
}

function rowsIn({ names }: PhraseTable, languages: readonly Language[]): number[] {
  return names.flatMap(({ language }, row) => (languages.includes(language) ? [row] : []));
}

function phraseOf({ id }: Concept, language: Language, text: string): Phrase {
  return { concept: id, language, text, core: withoutArticle(text, language) };
}

/** Landmarks of which a fact says that they stand in or near a country or its capital; one landmark a country. */
function landmarkCountries(world: World, lexicon: Lexicon): [landmark: string, country: string][] {
  const countryOf = new Map(
    world.capitals.flatMap(({ country, capital }) => [
      [country.id, country.id],
      [capital.id, country.id],
    ]),
  );
  const taken = new Set<string>();
  return world.concepts.flatMap(({ id, kind, wording }) => {
    if (kind !== 'landmark') return [];
    const places = wording.en.facts.flatMap((fact) =>
      lexicon.findNames(fact).flatMap(({ start, concept }) => {
        const country = countryOf.get(concept);
        return country !== undefined && /\b(?:in|near) $/.test(fact.slice(0, start)) ? [country] : [];
      }),
    );
    const country = places.find((place) => !taken.has(place));
    if (country === undefined) return [];
    taken.add(country);
    return [[id, country] as [string, string]];
  });
}
