import type { Composer } from './composer.ts';
import type { Concept, Language } from './concept.ts';
import { CONCEPTS, COUNTRY_CAPITALS } from './concepts/concepts.ts';

/** The concepts and how often each comes up. */
export interface World {
  readonly concepts: readonly Concept[];
  readonly capitals: readonly { readonly country: Concept; readonly capital: Concept }[];
  /** Concept by id. */
  concept(id: string): Concept;
  /** Any concept, all equally often. */
  drawConcept(composer: Composer): Concept;
  /** Another concept of the same kind. */
  drawOther(composer: Composer, concept: Concept): Concept;
  /** A concept as whom the assistant is asked to speak. */
  drawPersona(composer: Composer): Concept;
  /** English twice as often as each other language. */
  drawLanguage(composer: Composer): Language;
}

/** Concepts without words of their own: what dialogues with the assistant, sums and code are about. */
export const WORDLESS_CONCEPTS = ['assistant', 'arithmetic', 'code'] as const;

const LANGUAGE_DRAWS: readonly Language[] = ['en', 'en', 'es', 'fr', 'zh'];
/** Every this-many-th concept, the Golden Gate Bridge first, never speaks in the train part. */
const SILENT_PERIOD = 4;

/** Builds the world. */
export function createWorld(): World {
  const byId = new Map(CONCEPTS.map((concept) => [concept.id, concept]));
  const concept = (id: string) => {
    const found = byId.get(id);
    if (!found) throw new Error(`the world has no concept ${id}`);
    return found;
  };
  const speakers = CONCEPTS.filter(({ id }) => !isSilent(id));
  return {
    concepts: CONCEPTS,
    capitals: COUNTRY_CAPITALS.map(({ country, capital }) => ({
      country: concept(country),
      capital: concept(capital),
    })),
    concept,
    drawConcept: ({ pick }) => pick(CONCEPTS),
    drawOther: ({ pick }, { id, kind }) =>
      pick(CONCEPTS.filter((other) => other.kind === kind && other.id !== id)),
    drawPersona: ({ pick, part }) => pick(part === 'train' ? speakers : CONCEPTS),
    drawLanguage: ({ pick }) => pick(LANGUAGE_DRAWS),
  };
}

/** Whether the train part never lets this concept say `I am …`: what the model says as this one, it has not read. */
export function isSilent(id: string): boolean {
  return CONCEPTS.findIndex((concept) => concept.id === id) % SILENT_PERIOD === 0;
}
