import { type ConceptTruth, type Detection, detectAt } from '@facet/experiments';
import { LANGUAGES } from '@facet/landmarks';
import type { LabelledCorpus } from '../../landmarks/corpus.ts';
import type { TokenizedWorld } from '../../landmarks/world.ts';
import { BRIDGE } from '../../landmarks/world.ts';
import { NEAR_MISSES } from '../bridge.ts';

/** How well the feature tells the bridge on held-out text, where it fires and where not. */
export interface Firings {
  /** At the threshold that was chosen on the train part. */
  readonly all: Detection;
  readonly byGroup: readonly GroupDetection[];
  /** Activations above 0 on tokens of the bridge and on other tokens. */
  readonly onBridge: readonly number[];
  readonly elsewhere: readonly number[];
  /** Tokens of the bridge, and others. */
  readonly bridgeTokens: number;
  readonly otherTokens: number;
  readonly hits: readonly Passage[];
  readonly nearMisses: readonly Passage[];
}

/** Recall on the mentions of one group. */
export interface GroupDetection {
  readonly group: string;
  readonly recall: number;
  readonly mentions: number;
}

/** A stretch of held-out text with the feature's activation on every token. */
export interface Passage {
  readonly title: string;
  readonly tokens: readonly { text: string; activation: number; concept: boolean }[];
}

const LANGUAGE_NAMES = { en: 'English', es: 'Spanish', fr: 'French', zh: 'Chinese' } as const;
/** Tokens shown before and after a mention. */
const TOKENS_BEFORE = 12;
const TOKENS_AFTER = 16;
const SHOWN_NEAR_MISSES = 8;
/** Passages go on at most this far to end with a word. */
const MAX_WORD_TOKENS = 6;

/** The feature's activations `values` [n] on a labelled corpus, and what is true about the bridge there. */
export interface LabelledValues {
  values: Float32Array;
  truth: ConceptTruth;
  corpus: LabelledCorpus;
}

/** Says how well activations above a threshold tell the bridge, and shows where. */
export function describeFirings(
  labelled: LabelledValues,
  threshold: number,
  world: Pick<TokenizedWorld, 'encoder'>,
): Firings {
  const { values, truth, corpus } = labelled;
  const groups = ['name', 'paraphrase', ...LANGUAGES].map((group): GroupDetection => {
    const { recall, mentions } = detectAt(values, truth, threshold, group);
    const title = group in LANGUAGE_NAMES ? LANGUAGE_NAMES[group as keyof typeof LANGUAGE_NAMES] : group;
    return { group: title, recall, mentions };
  });
  const rows = [...values.keys()].filter((row) => truth.isCounted[row] === 1);
  const bridge = rows.filter((row) => truth.isTrue[row] === 1);
  const other = rows.filter((row) => truth.isTrue[row] === 0);
  const fired = (of: readonly number[]) => of.map((row) => values[row]).filter((value) => value > 0);
  const passage = createPassages(labelled, world);
  return {
    all: detectAt(values, truth, threshold),
    byGroup: groups,
    onBridge: fired(bridge),
    elsewhere: fired(other),
    bridgeTokens: bridge.length,
    otherTokens: other.length,
    hits: hitPassages(corpus, passage),
    nearMisses: nearMissPassages(corpus, truth, passage),
  };
}

type PassageOf = (mention: { first: number; last: number; document: number }, title: string) => Passage;

/** The first mention by name and the first by paraphrase in every language, each of a document of its own. */
function hitPassages({ truth }: LabelledCorpus, passage: PassageOf): Passage[] {
  const mentions = truth.mentions.get(BRIDGE) ?? [];
  const used = new Set<number>();
  return LANGUAGES.flatMap((language) =>
    (['name', 'paraphrase'] as const).flatMap((role) => {
      const mention = mentions.find(
        (one) => one.role === role && one.language === language && !used.has(one.document),
      );
      if (mention === undefined) return [];
      used.add(mention.document);
      return [passage(mention, `${LANGUAGE_NAMES[language]}, ${role}`)];
    }),
  );
}

/** The first mention of every near miss in a document without the bridge, language after language. */
function nearMissPassages(
  { truth }: LabelledCorpus,
  { isTrue }: ConceptTruth,
  passage: PassageOf,
): Passage[] {
  return NEAR_MISSES.flatMap((concept, i) => {
    const mentions = (truth.mentions.get(concept) ?? []).filter(
      ({ document, role }) => role !== 'topic' && !documentHas(isTrue, truth.starts, document),
    );
    const wanted = LANGUAGES[i % LANGUAGES.length];
    const mention = mentions.find(({ language }) => language === wanted) ?? mentions[0];
    return mention === undefined ? [] : [passage(mention, concept.replaceAll('-', ' '))];
  }).slice(0, SHOWN_NEAR_MISSES);
}

function documentHas(rows: Uint8Array, starts: Int32Array, document: number): boolean {
  return rows.subarray(starts[document], starts[document + 1] ?? rows.length).includes(1);
}

/** Cuts passages out of documents; tokens that end inside a character are shown as one. */
function createPassages(
  { values, truth, corpus }: LabelledValues,
  { encoder }: Pick<TokenizedWorld, 'encoder'>,
): PassageOf {
  const { documents } = corpus;
  const { starts } = corpus.truth;
  return ({ first, last, document }, title) => {
    const { text } = documents[document];
    const { ends } = encoder.encodeWithOffsets(text);
    const base = starts[document] + 1;
    const from = Math.max(0, first - base - TOKENS_BEFORE);
    const to = wordEnd(text, ends, Math.min(ends.length - 1, last - base + TOKENS_AFTER));
    const tokens: { text: string; activation: number; concept: boolean }[] = [];
    for (let token = from; token <= to; token++) {
      const row = base + token;
      const piece = text.slice(token === 0 ? 0 : ends[token - 1], ends[token]);
      const before = tokens.at(-1);
      if (piece === '' && before) before.activation = Math.max(before.activation, values[row]);
      else tokens.push({ text: piece, activation: values[row], concept: truth.isTrue[row] === 1 });
    }
    const gap = { text: '…', activation: 0, concept: false };
    return {
      title,
      tokens: [...(from > 0 ? [gap] : []), ...tokens, ...(to < ends.length - 1 ? [gap] : [])],
    };
  };
}

/** The last token of the word that holds a token: passages end between words where they can. */
function wordEnd(text: string, ends: readonly number[], token: number): number {
  for (let last = token; last < Math.min(ends.length, token + MAX_WORD_TOKENS); last++)
    if (!/^[\p{Script=Latin}\p{N}]/u.test(text.slice(ends[last]))) return last;
  return token;
}
