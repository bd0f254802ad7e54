import { createHash } from 'node:crypto';
import { MICROSOFT, type Value } from '@facet/onnx';
import type { ModelSpec, RotarySpec } from '../config/model-spec.ts';
import type { GraphEmitter } from './graph-emitter.ts';

/** Rotates rows [B, T, heads·d_head] of queries or keys by their positions. */
export function emitRotation(
  emitter: GraphEmitter,
  rows: Value,
  { rotary, heads, positions }: { rotary: RotarySpec; heads: number; positions: Value },
): Value {
  const [cos, sin] = emitTables(emitter, rotary);
  const isPartial = rotary.dim < emitter.spec.d_head;
  return emitter.graph.node('RotaryEmbedding', [rows, positions, cos, sin], {
    domain: MICROSOFT,
    attributes: { num_heads: heads, ...(isPartial ? { rotary_embedding_dim: rotary.dim } : {}) },
  });
}

/** Whether the rotation of a position depends on how long its text is. */
export function isLengthDependent({ layers }: ModelSpec): boolean {
  return layers.some(({ rotary }) => rotary?.long !== undefined);
}

/**
 * What is added to the positions of a text of `tokens` tokens before they are looked up: the tables of a model whose
 * rotation depends on the length hold the frequencies of long texts after n_ctx rows of those of short ones.
 */
export function positionOffset({ layers, n_ctx }: ModelSpec, tokens: number): number {
  const long = layers.find(({ rotary }) => rotary?.long)?.rotary?.long;
  return long !== undefined && tokens > long.tokens ? n_ctx : 0;
}

/**
 * Cosines and sines of position · frequency [n_ctx or 2·n_ctx, dim/2], times the amplitude, computed in F32 as the
 * reference implementations do. The tables are written as outer products, which the runtime folds at load: the graph
 * stays small for any context.
 */
function emitTables(emitter: GraphEmitter, rotary: RotarySpec): [Value, Value] {
  const { graph, once, number } = emitter;
  const key = tableKey(rotary);
  const angles = () =>
    once(`angles(${key})`, (name) => {
      // Positions of long texts are looked up after n_ctx rows in every table of the model, also in one that stays.
      const long = isLengthDependent(emitter.spec) ? [rotary.long?.frequencies ?? rotary.frequencies] : [];
      const parts = [rotary.frequencies, ...long];
      const products = parts.map((frequencies, i) => emitAngles(emitter, `${key}.${i}`, frequencies));
      if (products.length === 1) return graph.node('Identity', products, { outputs: [name] });
      return graph.node('Concat', products, { attributes: { axis: 0 }, outputs: [name] });
    });
  const table = (operator: string) =>
    once(`${operator}(${key})`, (name) => {
      const values = graph.node(operator, [angles()]);
      return graph.node('Mul', [values, number(rotary.amplitude)], { outputs: [name] });
    });
  return [table('Cos'), table('Sin')];
}

function emitAngles(
  { graph, spec, integers, once }: GraphEmitter,
  key: string,
  frequencies: readonly number[],
): Value {
  const [from, to, by] = [0, spec.n_ctx, 1].map((value) =>
    once(`range.${value}`, (name) =>
      graph.constant(name, { dtype: 'F32', shape: [], data: Float32Array.of(value) }),
    ),
  );
  const data = Float32Array.from(frequencies);
  const frequency = graph.constant(`frequencies(${key})`, { dtype: 'F32', shape: [1, data.length], data });
  const range = graph.node('Range', [from!, to!, by!]);
  return graph.node('Mul', [graph.node('Unsqueeze', [range, integers(1)]), frequency]);
}

/** Equal rotations share their tables. */
function tableKey(rotary: RotarySpec): string {
  return createHash('sha256').update(JSON.stringify(rotary)).digest('hex').slice(0, 16);
}
