import { createRandom } from '@facet/random';
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

/** Streams of random numbers, one a part, so that no document of one part is drawn like one of the other. */
const STREAMS: Readonly<Record<Part, number>> = { train: 1, heldout: 2 };

/** Writes the document number `index` of a part; the same seed, part and index always give the same text. */
export function generateDocument(
  world: World,
  { seed, part, index }: { seed: number; part: Part; index: number },
): WorldDocument {
  const random = createRandom((BigInt(seed) << 32n) + BigInt(index), STREAMS[part]);
  const out = createTextBuilder();
  const [, kind, write] = drawWeighted(KINDS, random.uniform());
  const style = kind === 'dialogue' ? 'none' : drawGlossStyle(random);
  const composer = createComposer(part, random, style);
  write(world, composer, out);
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
