import {
  type GraphRequest,
  HEAD_NAMES,
  type HeadKind,
  type ModelSpec,
  NAMES,
  replacementInputs,
} from '@facet/transformer';
import type { ProgramMemory } from '../sessions/lane.ts';
import type { WireTensors } from '../sessions/session-protocol.ts';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * What a program of blocks holds. Between two blocks a row of tokens has the stream, its sum and a norm of it; in a block
 * q, k and v before and after their rotation, or gate, up and their product; ONNX Runtime gives their memory on from
 * block to block. Attention has the scores of all heads beside them; next-token logits come on top.
 */
export function trunkMemory(spec: ModelSpec, request: GraphRequest, packedBytes: number): ProgramMemory {
  const { d_model, d_mlp, d_head, n_heads, n_kv_heads, d_vocab } = spec;
  const perRow = 4 * d_model + Math.max(2 * (n_heads + 2 * n_kv_heads) * d_head, 3 * d_mlp);
  const given = request.replacements.map(({ hookPoint }) => replacementInputs(hookPoint).rows);
  return {
    packedBytes,
    workBytes(feeds) {
      const [batch = 1, positions = 1] = dimsOf(feeds, [NAMES.tokens, ...given]);
      const scores = n_heads * Math.ceil(positions / request.causalBlocks) * positions;
      const logits = request.head === 'logits' ? batch * d_vocab : 0;
      return FLOAT_BYTES * (batch * (positions * perRow + scores) + logits);
    },
  };
}

/** Arrays as long as the logits that lie in memory at once, by what is made of them. */
const LOGIT_ARRAYS: Readonly<Record<HeadKind, number>> = {
  logits: 1,
  scores: 2,
  comparison: 6,
  projection: 1,
  'folded-projection': 1,
};

/** What an unembedding holds: the logits of its rows and what is computed from them. */
export function headMemory({ d_model, d_vocab }: ModelSpec, kind: HeadKind): ProgramMemory {
  return {
    packedBytes: 0,
    workBytes(feeds) {
      const [rows = 1] = dimsOf(feeds, [HEAD_NAMES.rows]);
      return FLOAT_BYTES * rows * (LOGIT_ARRAYS[kind] * d_vocab + 2 * d_model);
    },
  };
}

function dimsOf(feeds: WireTensors, names: readonly string[]): readonly number[] {
  const found = names.find((name) => feeds[name] !== undefined);
  return found === undefined ? [] : feeds[found]!.dims;
}
