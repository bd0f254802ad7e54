import type { Value } from '@facet/onnx';
import type { BlockKind } from '../config/model-spec.ts';
import type { HookKind, ReadKind } from '../hooks/hook-points.ts';
import type { BlockWeights } from '../weights/model-weights.ts';
import type { AttentionEmitter } from './attention.ts';
import type { GraphEmitter } from './graph-emitter.ts';
import { emitNeurons } from './mlp.ts';
import { emitNorm, emitUnweightedNorm, normWeight } from './norm.ts';

/** What a block is written with, bound to one layer. */
interface BlockOps {
  /** Visits a hook point; returns the value to go on with. */
  at(kind: HookKind, value: Value): Value;
  norm(name: string, x: Value): Value;
  /** Attention on normed rows, W_O included. */
  attention(h: Value): Value;
  /** The MLP on normed rows, W_down included. */
  mlp(h: Value): Value;
  add(a: Value, b: Value): Value;
  /** Times the residual scale; visited where there is one. */
  scaled(kind: 'attn_added' | 'mlp_added', x: Value): Value;
}

/** The stream x after one block, from the stream before it. */
const BLOCKS: Readonly<Record<BlockKind, (ops: BlockOps, x: Value) => Value>> = {
  'pre-norm'({ at, norm, attention, mlp, add, scaled }, x) {
    const pre = at('hook_resid_pre', x);
    const attn = scaled('attn_added', at('hook_attn_out', attention(norm('ln1', pre))));
    const mid = at('hook_resid_mid', add(pre, attn));
    const out = scaled('mlp_added', at('hook_mlp_out', mlp(norm('ln2', mid))));
    return at('hook_resid_post', add(mid, out));
  },
  sandwich({ at, norm, attention, mlp, add }, x) {
    const pre = at('hook_resid_pre', x);
    const attn = at('hook_attn_out', norm('ln1_post', attention(norm('ln1', pre))));
    const mid = at('hook_resid_mid', add(pre, attn));
    const out = at('hook_mlp_out', norm('ln2_post', mlp(norm('ln2', mid))));
    return at('hook_resid_post', add(mid, out));
  },
  'post-norm'({ at, norm, attention, mlp, add }, x) {
    const pre = at('hook_resid_pre', x);
    const attn = at('attn_added', norm('ln1', at('hook_attn_out', attention(pre))));
    const mid = at('hook_resid_mid', add(pre, attn));
    const out = at('mlp_added', norm('ln2', at('hook_mlp_out', mlp(mid))));
    return at('hook_resid_post', add(mid, out));
  },
  parallel({ at, norm, attention, mlp, add }, x) {
    const pre = at('hook_resid_pre', x);
    const attn = at('hook_attn_out', attention(norm('ln1', pre)));
    const out = at('hook_mlp_out', mlp(norm('ln2', pre)));
    return at('hook_resid_post', add(add(pre, attn), out));
  },
  'parallel-shared'({ at, norm, attention, mlp, add }, x) {
    const pre = at('hook_resid_pre', x);
    const h = norm('ln1', pre);
    const attn = at('hook_attn_out', attention(h));
    const out = at('hook_mlp_out', mlp(h));
    return at('hook_resid_post', add(add(pre, attn), out));
  },
};

/** One layer of a graph. */
export interface BlockPlace {
  layer: number;
  attention: AttentionEmitter;
  /** Visits the layer's hook point of a kind. */
  at(kind: ReadKind, value: Value): Value;
  /** Whether anything is read or changed there. */
  isVisited(kind: ReadKind): boolean;
}

/** Writes the block of one layer: the stream [B, T, d_model] after it from the stream before it. */
export function emitBlock(
  emitter: GraphEmitter,
  x: Value,
  { layer, attention, at, isVisited }: BlockPlace,
): Value {
  const { graph, spec, weights, linear, number } = emitter;
  const block: BlockWeights = weights.blocks[layer]!;
  return BLOCKS[spec.block](
    {
      at,
      norm(name, rows) {
        const norm = block.norms[name]!;
        const kind = NORMALIZED[name];
        if (kind === undefined || !isVisited(kind)) return emitNorm(emitter, rows, norm);
        // TransformerLens's hook_normalized is a LayerNorm's result, but an RMSNorm's before its weight.
        if (norm.bias !== undefined) return at(kind, emitNorm(emitter, rows, norm));
        const normalized = at(kind, emitUnweightedNorm(emitter, rows, spec.d_model));
        return graph.node('Mul', [normalized, normWeight(emitter, norm)]);
      },
      attention: (rows) => attention({ rows, weights: block.attention, layer, at, isVisited }),
      mlp: (rows) => linear(at('mlp.hook_post', emitNeurons(emitter, rows, block.mlp)), block.mlp.down),
      add: (a, b) => graph.node('Add', [a, b]),
      scaled: (kind, rows) =>
        spec.residualScale === 1 ? rows : at(kind, graph.node('Mul', [rows, number(spec.residualScale)])),
    },
    x,
  );
}

/** The norms of a block whose results have a hook point. */
const NORMALIZED: Readonly<Partial<Record<string, HookKind>>> = {
  ln1: 'ln1.hook_normalized',
  ln2: 'ln2.hook_normalized',
};
