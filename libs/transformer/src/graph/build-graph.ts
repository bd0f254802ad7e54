import { type BuiltModel, elementType, type Value } from '@facet/onnx';
import { emitReplacement } from '../hooks/activation-replacement.ts';
import { hookPointName, type ReadPoint, resolveHookPoint, resolveReadPoint } from '../hooks/hook-points.ts';
import { emitInterventionPort } from '../hooks/intervention-port.ts';
import { createAttention } from '../ops/attention.ts';
import { emitBlock } from '../ops/blocks.ts';
import { createEmitter, type GraphEmitter, type GraphModel } from '../ops/graph-emitter.ts';
import { emitLogits } from '../ops/logits.ts';
import { type GraphRequest, NAMES } from './graph-request.ts';

/** A graph of one variant, and how its activations are called. */
export interface ModelGraph extends BuiltModel {
  /** Hook point -> output [B, T, …] with the row of each position; two hook points at the same place share one output. */
  activations: ReadonlyMap<string, string>;
}

/**
 * Writes the model as an ONNX graph whose weights stay in the checkpoint's own files: embeddings, the blocks of its family
 * (see ops/blocks.ts), and the head. Everything that no requested output needs is left out. An unknown hook point is
 * `invalid`.
 */
export function buildGraph(model: GraphModel, request: GraphRequest): ModelGraph {
  const { spec } = model;
  const replaced = new Map(request.replacements.map((replacement) => [replacement.hookPoint, replacement]));
  const visited = new Set([...request.hookPoints, ...request.interventions, ...replaced.keys()]);
  for (const name of request.hookPoints) resolveReadPoint(spec, name);
  const changed = new Map(
    [...request.interventions, ...replaced.keys()].map((name) => [name, resolveHookPoint(spec, name)]),
  );
  const emitter = createEmitter(model, `${spec.modelType}.${request.attention}`, request.attention);
  const places = new Map<string, Value>();
  const visit = (name: string, value: Value): Value => {
    // A block visits places that its family does not name; nobody can ask for them.
    if (!visited.has(name)) return value;
    const { width } = changed.get(name) ?? { width: 0 };
    const replacement = replaced.get(name);
    const x = replacement ? emitReplacement(emitter, replacement, { x: value, width }) : value;
    const place = request.interventions.includes(name) ? emitInterventionPort(emitter, name, x, width) : x;
    places.set(name, place);
    return place;
  };
  const tokens = emitter.graph.input(NAMES.tokens, 'I32', ['B', 'T']);
  const attention = createAttention(emitter, request);
  let residual = emitEmbeddings(emitter, tokens, request.attention);
  for (let layer = 0; layer < spec.n_layers; layer++)
    residual = emitBlock(emitter, residual, {
      layer,
      attention,
      at: (kind, value) => visit(hookPointName(layer, kind), value),
      isVisited: (kind) => visited.has(hookPointName(layer, kind)),
    });
  emitHead(emitter, request.head, residual);
  const activations = emitActivations(emitter, request, places);
  return { ...emitter.graph.build(), activations };
}

/** The stream before the first block: embeddings times their scale, plus learned positions where there are any. */
function emitEmbeddings(
  { graph, spec, weights, weight, number, integers }: GraphEmitter,
  tokens: Value,
  attention: GraphRequest['attention'],
): Value {
  const rows = graph.node('Gather', [weight(weights.embedding), tokens]);
  const { embeddingScale } = spec;
  const scaled = embeddingScale === 1 ? rows : graph.node('Mul', [rows, number(embeddingScale)]);
  if (weights.positions === undefined) return scaled;
  const table = weight(weights.positions);
  if (attention === 'cache')
    return graph.node('Add', [scaled, graph.node('Gather', [table, NAMES.positions])]);
  const T = graph.node('Shape', [tokens], { attributes: { start: 1, end: 2 } });
  return graph.node('Add', [scaled, graph.node('Slice', [table, integers(0), T])]);
}

function emitHead(emitter: GraphEmitter, head: GraphRequest['head'], residual: Value): void {
  if (head === 'none') return;
  const { graph, spec, integers } = emitter;
  const rows = graph.node('Reshape', [residual, integers(-1, spec.d_model)], {
    outputs: [NAMES.finalResidual],
  });
  if (head === 'residual') {
    graph.output(rows, 'F32', ['N', spec.d_model]);
    return;
  }
  const picked = graph.node('Gather', [rows, graph.input(NAMES.logitRows, 'I64', ['K'])]);
  const logits = emitLogits(emitter, picked);
  graph.output(graph.node('Identity', [logits], { outputs: [NAMES.logits] }), 'F32', ['K', spec.d_vocab]);
}

/** Extents of a row; those that are another with each text have a name. */
function outputShape({ rowShape }: ReadPoint): (number | string)[] {
  const [some, other] = [rowShape(1), rowShape(2)];
  return some.map((extent, axis) => (extent === other[axis] ? extent : 'T'));
}

/** Declares the rows of each wanted hook point an output, in half precision where asked for. */
function emitActivations(
  { graph, spec }: GraphEmitter,
  { hookPoints, activationDtype }: GraphRequest,
  places: ReadonlyMap<string, Value>,
): Map<string, string> {
  const outputs = new Map<Value, string>();
  const half = { attributes: { to: elementType('F16') } };
  for (const name of hookPoints) {
    const place = places.get(name)!;
    if (outputs.has(place)) continue;
    const output = activationDtype === 'F16' ? graph.node('Cast', [place], half) : place;
    graph.output(output, activationDtype, ['B', 'T', ...outputShape(resolveReadPoint(spec, name))]);
    outputs.set(place, output);
  }
  return new Map(hookPoints.map((name) => [name, outputs.get(places.get(name)!)!]));
}
