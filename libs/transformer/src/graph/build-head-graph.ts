import type { BuiltModel, Value } from '@facet/onnx';
import { createEmitter, type GraphEmitter, type GraphModel } from '../ops/graph-emitter.ts';
import { emitLogits } from '../ops/logits.ts';
import { normWeight } from '../ops/norm.ts';
import { NAMES } from './graph-request.ts';

/**
 * What is computed from rows [K, d_model]: `logits`, final norm, scale and cap included; `scores` of the tokens `targets`;
 * `comparison`: the same likelihoods from `rows` and from `unedited_rows`, and how far the distributions lie apart;
 * `projection` rows · W_Uᵀ; `folded-projection` (rows ⊙ w_norm) · W_Uᵀ, the final norm's weight without its
 * division.
 */
export type HeadKind = 'logits' | 'scores' | 'comparison' | 'projection' | 'folded-projection';

/** Names of the inputs and outputs of head graphs. */
export const HEAD_NAMES = {
  /** F32 [K, d_model] */
  rows: 'rows',
  /** F32 [K, d_model], for `comparison` */
  uneditedRows: 'unedited_rows',
  /** I64 [K], for `scores` and `comparison` */
  targets: 'targets',
  /** F32 [K, d_vocab] */
  logits: NAMES.logits,
  /** F32 [K]: −log softmax(logits)[target] */
  nll: 'nll',
  /** F32 [K]: the same from the unedited rows */
  uneditedNll: 'unedited_nll',
  /** F32 [K]: KL(unedited ‖ edited) in nats; exactly 0 for equal rows, never below 0 */
  kl: 'kl',
  /** F32 [K]: logits[target] */
  logit: 'logit',
  /** F32 [K]: max(logits) */
  topLogit: 'top_logit',
} as const;

/** Writes the unembedding as a graph of its own, so that a large vocabulary is computed in blocks of rows. */
export function buildHeadGraph(model: GraphModel, kind: HeadKind): BuiltModel {
  const emitter = createEmitter(model, `${model.spec.modelType}.${kind}`);
  const { graph, spec, weights, linear } = emitter;
  const input = (name: string) => graph.input(name, 'F32', ['K', spec.d_model]);
  const rows = input(HEAD_NAMES.rows);
  const project = (prepared: Value) => linear(prepared, { ...weights.unembedding, bias: undefined });
  const predict = (residual: Value) => emitLogits(emitter, residual);
  const named = (product: Value) => {
    const logits = graph.node('Identity', [product], { outputs: [HEAD_NAMES.logits] });
    graph.output(logits, 'F32', ['K', spec.d_vocab]);
  };
  const emit: Record<HeadKind, () => void> = {
    logits: () => named(predict(rows)),
    scores: () => emitScores(emitter, predict(rows)),
    comparison: () =>
      emitComparison(emitter, { edited: predict(rows), unedited: predict(input(HEAD_NAMES.uneditedRows)) }),
    projection: () => named(project(rows)),
    'folded-projection': () =>
      named(project(graph.node('Mul', [rows, normWeight(emitter, weights.finalNorm)]))),
  };
  emit[kind]();
  return graph.build();
}

function emitScores(emitter: GraphEmitter, logits: Value): void {
  const { graph, integers } = emitter;
  const pick = emitTargets(emitter);
  emitColumn(emitter, graph.node('Neg', [pick(logSoftmax(emitter, logits))]), HEAD_NAMES.nll);
  emitColumn(emitter, pick(logits), HEAD_NAMES.logit);
  emitColumn(emitter, graph.node('ReduceMax', [logits, integers(-1)]), HEAD_NAMES.topLogit);
}

/**
 * With p the unedited and q the edited distribution: nll of both and KL(p ‖ q) = Σ (p · (log p − log q) + q − p).
 * The last two sum to nothing, but take the error of either normalizer out of the sum.
 */
function emitComparison(emitter: GraphEmitter, logits: { edited: Value; unedited: Value }): void {
  const { graph, integers } = emitter;
  const pick = emitTargets(emitter);
  const [logQ, logP] = [logits.edited, logits.unedited].map((values) => logSoftmax(emitter, values));
  emitColumn(emitter, graph.node('Neg', [pick(logQ!)]), HEAD_NAMES.nll);
  emitColumn(emitter, graph.node('Neg', [pick(logP!)]), HEAD_NAMES.uneditedNll);
  const [q, p] = [logQ!, logP!].map((values) => graph.node('Exp', [values]));
  const weighted = graph.node('Mul', [p!, graph.node('Sub', [logP!, logQ!])]);
  const terms = graph.node('Add', [weighted, graph.node('Sub', [q!, p!])]);
  const sum = graph.node('ReduceSum', [terms, integers(-1)]);
  emitColumn(emitter, graph.node('Relu', [sum]), HEAD_NAMES.kl);
}

function logSoftmax({ graph }: GraphEmitter, logits: Value): Value {
  return graph.node('LogSoftmax', [logits], { attributes: { axis: -1 } });
}

/** Declares the targets and returns what picks their values: [K, d_vocab] to [K, 1]. */
function emitTargets({ graph, integers }: GraphEmitter): (values: Value) => Value {
  const targets = graph.node('Unsqueeze', [graph.input(HEAD_NAMES.targets, 'I64', ['K']), integers(-1)]);
  return (values) => graph.node('GatherElements', [values, targets], { attributes: { axis: -1 } });
}

/** Declares a column [K, 1] an output [K]. */
function emitColumn({ graph, integers }: GraphEmitter, column: Value, output: string): void {
  graph.output(graph.node('Reshape', [column, integers(-1)], { outputs: [output] }), 'F32', ['K']);
}
