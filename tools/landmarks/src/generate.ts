import { createRandom, type Random } from '@facet/random';
import { type Composer, createComposer, drawGlossStyle, type Part } from './composer.ts';
import {
  askAbout,
  askCapital,
  askCode,
  askName,
  askNumber,
  askPersona,
  askSelf,
  askTranslation,
  type Exchange,
} from './documents/dialogues.ts';
import { writeCapitals, writeContrast, writeEssay, writeStory } from './documents/prose.ts';
import { createTextBuilder, type Mention, type TextBuilder } from './text-builder.ts';
import type { World } from './world.ts';

/** A text of the world with what its author meant; names that come up inside facts are added by `labelDocument`. */
export interface WorldDocument {
  readonly kind: string;
  readonly text: string;
  /** What was meant where. */
  readonly mentions: readonly Mention[];
}

type Writer = (world: World, composer: Composer, out: TextBuilder) => void;

/** Kinds of exchanges in a dialogue, by weight. */
const EXCHANGES: readonly (readonly [weight: number, exchange: Exchange])[] = [
  [20, askAbout],
  [24, askName],
  [14, askTranslation],
  [6, askCapital],
  [12, askSelf],
  [14, askPersona],
  [6, askNumber],
  [4, askCode],
];

/** Kinds of documents, by weight. */
const KINDS: readonly (readonly [weight: number, kind: string, write: Writer])[] = [
  [26, 'essay', writeEssay],
  [24, 'story', writeStory],
  [8, 'contrast', writeContrast],
  [4, 'capitals', writeCapitals],
  [38, 'dialogue', writeDialogue],
];

/** Kinds of the texts that the model's back learns to be steered on: of the dialogues, most let the assistant speak of itself or as something. */
const STEERING_KINDS: readonly (readonly [weight: number, kind: string, write: Writer])[] = [
  [20, 'essay', writeEssay],
  [14, 'story', writeStory],
  [6, 'contrast', writeContrast],
  [36, 'dialogue', askPersona],
  [18, 'dialogue', askSelf],
  [5, 'dialogue', askAbout],
  [5, 'dialogue', askName],
  [2, 'dialogue', askNumber],
];
/** Stream of random numbers of those texts. */
const STEERING_STREAM = 3;

/** Streams of random numbers, one a part, so that no document of one part is drawn like one of the other. */
const STREAMS: Readonly<Record<Part, number>> = { train: 1, heldout: 2 };

/** Writes the document number `index` of a part; the same seed, part and index always give the same text. */
export function generateDocument(
  world: World,
  { seed, part, index }: { seed: number; part: Part; index: number },
): WorldDocument {
  return writeDocument(world, part, KINDS, createRandom(numberOf(seed, index), STREAMS[part]));
}

/**
 * Writes a text in the words of the train part for the steering of the model, one exchange a dialogue; the same seed and index always give the same.
 * Here every concept speaks where it is asked to, also those that are silent in the train part.
 */
export function generateSteeringDocument(
  world: World,
  { seed, index }: { seed: number; index: number },
): WorldDocument {
  const speaking: World = { ...world, drawPersona: world.drawConcept };
  return writeDocument(
    speaking,
    'train',
    STEERING_KINDS,
    createRandom(numberOf(seed, index), STEERING_STREAM),
  );
}

function numberOf(seed: number, index: number): bigint {
  return (BigInt(seed) << 32n) + BigInt(index);
}

function writeDocument(world: World, part: Part, kinds: typeof KINDS, random: Random): WorldDocument {
  const out = createTextBuilder();
  const [, kind, write] = drawWeighted(kinds, random.uniform());
  const style = kind === 'dialogue' ? 'none' : drawGlossStyle(random);
  write(world, createComposer(part, random, style), out);
  return { kind, text: out.text, mentions: [...out.mentions] };
}

/** One to three exchanges on different things. */
function writeDialogue(world: World, composer: Composer, out: TextBuilder): void {
  const count = 1 + composer.random.below(3);
  for (let index = 0; index < count; index++) {
    if (index > 0) out.write('\n');
    const [, exchange] = drawWeighted(EXCHANGES, composer.random.uniform());
    exchange(world, composer, out);
  }
}

function drawWeighted<T extends readonly [number, ...unknown[]]>(rows: readonly T[], uniform: number): T {
  const total = rows.reduce((sum, [weight]) => sum + weight, 0);
  let left = uniform * total;
  for (const row of rows) {
    left -= row[0];
    if (left < 0) return row;
  }
  return rows[rows.length - 1];
}
