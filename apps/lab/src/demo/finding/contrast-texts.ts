import { type Lexicon, labelDocument, type Mention, type WorldDocument } from '@facet/landmarks';
import { BRIDGE } from '../../landmarks/world.ts';
import { NEAR_MISSES } from '../bridge.ts';

/** Sentences that are about the bridge, and sentences that are not. */
export interface ContrastTexts {
  positiveTexts: string[];
  negativeTexts: string[];
}

/** Sentences of the bridge for every language, names and paraphrases each. */
const POSITIVES_PER_GROUP = 8;
/** Sentences of every near miss, and of every other concept. */
const NEGATIVES_PER_NEAR_MISS = 6;
const NEGATIVES_PER_OTHER = 1;
/** Sentences end with their mark, and with the line. */
const SENTENCE = /[^.!?。！？\n]+[.!?。！？\n]*/g;

/**
 * Takes sentences out of documents: of the bridge the same number by name and by paraphrase in every language, against near misses
 * and one sentence of every other concept.
 */
export function contrastTexts(documents: readonly WorldDocument[], lexicon: Lexicon): ContrastTexts {
  const positives = createGroups();
  const negatives = createGroups();
  for (const document of documents)
    for (const sentence of sentencesOf(document, lexicon))
      if (sentence.mentions.some(({ concept }) => concept === BRIDGE)) addPositive(positives, sentence);
      else addNegative(negatives, sentence);
  return { positiveTexts: positives.texts(), negativeTexts: negatives.texts() };
}

interface Sentence {
  text: string;
  mentions: readonly Mention[];
}

/** Sentences that only go on about the bridge, without a name or a paraphrase, are left out. */
function addPositive(positives: Groups, { text, mentions }: Sentence): void {
  for (const { concept, role, language } of mentions)
    if (concept === BRIDGE && role !== 'topic' && language !== undefined)
      positives.add(`${role} ${language}`, text, POSITIVES_PER_GROUP);
}

function addNegative(negatives: Groups, { text, mentions }: Sentence): void {
  for (const { concept, role } of mentions)
    if (role !== 'topic') negatives.add(concept, text, negativesOf(concept));
}

function negativesOf(concept: string): number {
  return NEAR_MISSES.includes(concept) ? NEGATIVES_PER_NEAR_MISS : NEGATIVES_PER_OTHER;
}

/** Every sentence with what is meant in it, wherever the mention begins. */
function sentencesOf(document: WorldDocument, lexicon: Lexicon): Sentence[] {
  const mentions = labelDocument(document, lexicon);
  return [...document.text.matchAll(SENTENCE)].map(({ 0: text, index }) => ({
    text: text.trim(),
    mentions: mentions.filter(({ start, end }) => start < index + text.length && end > index),
  }));
}

/** Different texts by group, each group up to its limit. */
interface Groups {
  add(group: string, text: string, limit: number): void;
  texts(): string[];
}

function createGroups(): Groups {
  const groups = new Map<string, Set<string>>();
  return {
    add(name: string, text: string, limit: number): void {
      const group = groups.get(name) ?? new Set<string>();
      if (group.size < limit) groups.set(name, group.add(text));
    },
    texts: () => [...new Set([...groups.values()].flatMap((group) => [...group]))],
  };
}
