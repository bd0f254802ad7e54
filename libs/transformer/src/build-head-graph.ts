import type { BuiltModel, Value } from '@facet/onnx';
import { createEmitter, type GraphEmitter } from './graph-emitter.ts';
import { NAMES } from './graph-request.ts';
import type { ModelDirectory } from './model-directory.ts';

/**
 * What is computed from rows [K, d_model]: `logits` RMSNorm(rows) · W_Uᵀ; `scores` of the tokens `targets`;
 * `projection` rows · W_Uᵀ; `folded-projection` (rows ⊙ w_norm) · W_Uᵀ, the final norm's weight without its
 * division.
 */
export type HeadKind = 'logits' | 'scores' | 'projection' | 'folded-projection';

/** Names of the inputs and outputs of head graphs. */
export const HEAD_NAMES = {
  /** F32 [K, d_model] */
  rows: 'rows',
  /** I64 [K], for `scores` */
  targets: 'targets',
  /** F32 [K, d_vocab] */
  logits: NAMES.logits,
  /** F32 [K]: −log softmax(logits)[target] */
  nll: 'nll',
  /** F32 [K]: logits[target] */
  logit: 'logit',
  /** F32 [K]: max(logits) */
  topLogit: 'top_logit',
} as const;

/** Writes the unembedding as a graph of its own, so that a large vocabulary is computed in blocks of rows. */
export function buildHeadGraph(model: ModelDirectory, kind: HeadKind): BuiltModel {
  const emitter = createEmitter(model, `${model.spec.modelType}.${kind}`);
  const { graph, spec, weights, linear, norm, weight } = emitter;
  const rows = graph.input(HEAD_NAMES.rows, 'F32', ['K', spec.d_model]);
  const prepared: Record<HeadKind, () => Value> = {
    logits: () => norm(rows, weights.finalNorm),
    scores: () => norm(rows, weights.finalNorm),
    projection: () => rows,
    'folded-projection': () => graph.node('Mul', [rows, weight(weights.finalNorm)]),
  };
  const product = linear(prepared[kind](), weights.unembedding);
  const logits = graph.node('Identity', [product], { outputs: [HEAD_NAMES.logits] });
  if (kind === 'scores') emitScores(emitter, logits);
  else graph.output(logits, 'F32', ['K', spec.d_vocab]);
  return graph.build();
}

function emitScores({ graph, integers }: GraphEmitter, logits: Value): void {
  const targets = graph.node('Unsqueeze', [graph.input(HEAD_NAMES.targets, 'I64', ['K']), integers(-1)]);
  const pick = (values: Value) =>
    graph.node('GatherElements', [values, targets], { attributes: { axis: -1 } });
  const flat = (values: Value, output: string) =>
    graph.output(graph.node('Reshape', [values, integers(-1)], { outputs: [output] }), 'F32', ['K']);
  const logProbabilities = graph.node('LogSoftmax', [logits], { attributes: { axis: -1 } });
  flat(graph.node('Neg', [pick(logProbabilities)]), HEAD_NAMES.nll);
  flat(pick(logits), HEAD_NAMES.logit);
  flat(graph.node('ReduceMax', [logits, integers(-1)]), HEAD_NAMES.topLogit);
}
