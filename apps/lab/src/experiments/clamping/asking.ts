import { generateDocument, type Lexicon } from '@facet/landmarks';
import type { TokenizedWorld } from '../../landmarks/world.ts';
import { readExchanges, type WrittenExchange } from './exchanges.ts';
import { asQuestion } from './prompts.ts';

/** Documents are drawn until every concept has its questions, at most so many. */
const MAX_DOCUMENTS = 40_000;
/** Seeds of documents for questions start here, apart from those of every corpus. */
const FIRST_QUESTION_SEED = 950_000;

/**
 * Draws for every concept up to `count` distinct questions of the world's train part that ask for it without naming it, such as riddles,
 * facts and translations of paraphrases: the answer that the world gives names it.
 */
export function askingPrompts(
  { world, lexicon }: TokenizedWorld,
  concepts: readonly string[],
  { count, seed }: { count: number; seed: number },
): ReadonlyMap<string, readonly string[]> {
  const questions = new Map(concepts.map((concept) => [concept, new Set<string>()]));
  const isFull = () => [...questions.values()].every(({ size }) => size === count);
  for (let index = 0; index < MAX_DOCUMENTS && !isFull(); index++) {
    const document = generateDocument(world, { seed: FIRST_QUESTION_SEED + seed, part: 'train', index });
    const exchanges = document.kind === 'dialogue' ? readExchanges(document) : [];
    for (const exchange of exchanges) {
      const concept = wantedConcept(exchange, lexicon);
      const found = concept === undefined ? undefined : questions.get(concept);
      if (found !== undefined && found.size < count) found.add(asQuestion(exchange.question));
    }
  }
  return new Map([...questions].map(([concept, found]) => [concept, [...found]]));
}

/** The concept that the answer names and the question means without naming it. */
function wantedConcept({ question, asked, answered }: WrittenExchange, lexicon: Lexicon): string | undefined {
  const named = answered.filter(({ role }) => role === 'name').map(({ concept }) => concept);
  const wanted = named.find((concept) => asked.some((mention) => mention.concept === concept));
  const isNamed = lexicon.findNames(question).some(({ concept }) => concept === wanted);
  return isNamed ? undefined : wanted;
}
