import { type Concept, LANGUAGES, type Language } from './concept.ts';

/** Finds concepts in any text by the world's own words. */
export interface Lexicon {
  /** Every name in the text, longest first from the left; articles are not part of a match. */
  findNames(text: string): readonly NameMatch[];
  /** Ids of the concepts that a text is about: a name, or a part of a paraphrase, a fact or a form that is theirs alone. */
  conceptsIn(text: string): ReadonlySet<string>;
}

/** A name at [start, end) of a text. */
export interface NameMatch {
  readonly start: number;
  readonly end: number;
  readonly concept: string;
  /** The language whose name it is; undefined where it is the name in several. */
  readonly language: Language | undefined;
}

const ARTICLES: Readonly<Record<Language, RegExp>> = {
  en: /^(?:the|an?) /i,
  es: /^(?:el|la|los|las|una?) /i,
  fr: /^(?:(?:le|la|les|une?|du|des) |l')/i,
  zh: /^(?:那|这|一)[只个位座]/,
};

/** Shortest paraphrase part, in characters, that speaks for a concept; shorter ones are common words. */
const MIN_PART_LENGTH: Readonly<Record<Language, number>> = { en: 12, es: 12, fr: 12, zh: 4 };

/** Builds the lexicon of these concepts. */
export function createLexicon(concepts: readonly Concept[]): Lexicon {
  const names = new Map<string, Pick<NameMatch, 'concept' | 'language'>>();
  for (const { text, concept, language } of concepts.flatMap(coreNames)) {
    const known = names.get(text);
    names.set(text, { concept, language: known && known.language !== language ? undefined : language });
  }
  const pattern = namePattern([...names.keys()]);
  const parts = distinctParts(concepts);
  const findNames = (text: string) =>
    [...text.matchAll(pattern)].map(({ 0: match, index }) => ({
      start: index,
      end: index + match.length,
      ...(names.get(match.toLowerCase()) as Pick<NameMatch, 'concept' | 'language'>),
    }));
  return {
    findNames,
    conceptsIn(text) {
      const lower = text.toLowerCase();
      const found = new Set(findNames(text).map(({ concept }) => concept));
      for (const [part, concept] of parts) if (lower.includes(part)) found.add(concept);
      return found;
    },
  };
}

/** A name without its article: `Golden Gate Bridge`. */
export function withoutArticle(name: string, language: Language): string {
  return name.replace(ARTICLES[language], '');
}

/** Names without their articles, in lower case. */
function coreNames({ id, wording }: Concept) {
  return LANGUAGES.flatMap((language) =>
    wording[language].names.map((name) => ({
      text: withoutArticle(name, language).toLowerCase(),
      concept: id,
      language,
    })),
  );
}

/** Matches the longest name at a place; names in letters stand between word boundaries, Chinese has none. */
function namePattern(names: readonly string[]): RegExp {
  const longestFirst = [...names].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const escaped = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const isHan = (name: string) => /\p{Script=Han}/u.test(name);
  const words = escaped.filter((name) => !isHan(name)).join('|');
  const han = escaped.filter(isHan).join('|');
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])|${han}`, 'giu');
}

/** Parts of paraphrases, facts and forms that belong to one concept alone. */
function distinctParts(concepts: readonly Concept[]): ReadonlyMap<string, string> {
  const owners = new Map<string, Set<string>>();
  for (const { id, wording } of concepts)
    for (const language of LANGUAGES) {
      const { heads, tails, facts, forms } = wording[language];
      for (const part of [...heads, ...tails, ...facts, ...forms]) {
        const key = part
          .toLowerCase()
          .replace(ARTICLES[language], '')
          .replace(/[.。]$/, '');
        if (key.length >= MIN_PART_LENGTH[language]) owners.set(key, (owners.get(key) ?? new Set()).add(id));
      }
    }
  return new Map(
    [...owners].filter(([, ids]) => ids.size === 1).map(([part, ids]) => [part, [...ids][0]] as const),
  );
}
