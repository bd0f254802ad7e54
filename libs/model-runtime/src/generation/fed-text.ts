import type { TokenBatch } from '../request-checks.ts';
import type { WireTensor } from '../sessions/session-protocol.ts';

/** What one step appends. */
export interface Step {
  tokens: TokenBatch;
  masks: readonly WireTensor[];
  /** Tokens of each row before this step. */
  lengths: Int32Array;
  /** Rows whose next tokens are drawn. */
  draw: readonly number[];
}

/** What the rows of a generation were fed, so that a row can be run anew from its first token. */
export interface FedText {
  /** Adds a step that was run. */
  add(step: Step): void;
  /** All tokens and masks of `row`, those of `step` at the end, as the first step of a batch of one. */
  whole(step: Step, row: number): Step;
}

/** Starts with no text. */
export function createFedText(): FedText {
  const steps: Step[] = [];
  return {
    add({ tokens, masks, lengths }) {
      // The caller may fill its arrays anew for the next step.
      const own = { ...tokens, tokens: tokens.tokens.slice(), lengths: tokens.lengths.slice() };
      const ownMasks = masks.map((mask) => ({ ...mask, data: mask.data.slice() }));
      steps.push({ tokens: own, masks: ownMasks, lengths: lengths.slice(), draw: [] });
    },
    whole(step, row) {
      const all = [...steps, step];
      const tokens = Int32Array.from(all.flatMap((one) => [...tokensOf(one, row)]));
      return {
        tokens: { batch: 1, positions: tokens.length, lengths: Int32Array.of(tokens.length), tokens },
        masks: step.masks.map((_, i) => joinMasks(all.map((one) => maskOf(one, { row, i })))),
        lengths: new Int32Array(1),
        draw: [],
      };
    },
  };
}

function tokensOf({ tokens: { tokens, positions, lengths } }: Step, row: number): Int32Array {
  return tokens.subarray(row * positions, row * positions + lengths[row]!);
}

/** The mask [T, m] of one row at the i-th intervention. */
interface RowMask {
  data: Float32Array;
  width: number;
}

function maskOf(
  { tokens: { positions, lengths }, masks }: Step,
  { row, i }: { row: number; i: number },
): RowMask {
  const { dims, data } = masks[i]!;
  const width = dims[2]!;
  const from = row * positions * width;
  return { data: (data as Float32Array).subarray(from, from + lengths[row]! * width), width };
}

/** Joins masks along the positions; one number for all features is repeated where another step has one for each. */
function joinMasks(parts: readonly RowMask[]): WireTensor {
  const width = Math.max(...parts.map((part) => part.width));
  const count = parts.reduce((sum, part) => sum + part.data.length / part.width, 0);
  const data = new Float32Array(count * width);
  let at = 0;
  for (const part of parts)
    for (let position = 0; position < part.data.length / part.width; position++, at += width) {
      const row = part.data.subarray(position * part.width, (position + 1) * part.width);
      if (part.width === width) data.set(row, at);
      else data.fill(row[0]!, at, at + width);
    }
  return { type: 'float32', dims: [1, count, width], data };
}
