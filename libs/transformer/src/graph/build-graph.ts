import { type BuiltModel, elementType, type Value } from '@facet/onnx';
import { emitReplacement } from '../hooks/activation-replacement.ts';
import { type HookKind, hookPointName, resolveHookPoint } from '../hooks/hook-points.ts';
import { emitInterventionPort } from '../hooks/intervention-port.ts';
import { createAttention } from '../ops/attention.ts';
import { createEmitter, type GraphEmitter } from '../ops/graph-emitter.ts';
import type { ModelDirectory } from '../weights/model-directory.ts';
import { type GraphRequest, NAMES } from './graph-request.ts';

/** A graph of one variant, and how its activations are called. */
export interface ModelGraph extends BuiltModel {
  /** Hook point -> output [B, T, width]; two hook points at the same place share one output. */
  activations: ReadonlyMap<string, string>;
}

/**
 * Writes the model as an ONNX graph whose weights stay in the checkpoint's own files. Each block computes
 *
 *   resid_mid = resid_pre + Attention(RMSNorm(resid_pre)) · W_Oᵀ
 *   resid_post = resid_mid + (SiLU(h · W_gateᵀ) ⊙ h · W_upᵀ) · W_downᵀ,   h = RMSNorm(resid_mid)
 *
 * with biases where the checkpoint has them, and everything that no requested output needs is left out. An unknown hook point is `invalid`.
 */
export function buildGraph(model: ModelDirectory, request: GraphRequest): ModelGraph {
  const replaced = new Map(request.replacements.map((replacement) => [replacement.hookPoint, replacement]));
  for (const name of [...request.hookPoints, ...request.ports, ...replaced.keys()])
    resolveHookPoint(model.spec, name);
  const emitter = createEmitter(model, `${model.spec.modelType}.${request.attention}`);
  const { graph, weights } = emitter;
  const tokens = graph.input(NAMES.tokens, 'I32', ['B', 'T']);
  const places = new Map<string, Value>();
  const at: HookVisitor = (layer, kind, value) => {
    const name = hookPointName(layer, kind);
    const { width } = resolveHookPoint(model.spec, name);
    const replacement = replaced.get(name);
    const x = replacement ? emitReplacement(emitter, replacement, { x: value, width }) : value;
    const place = request.ports.includes(name) ? emitInterventionPort(emitter, name, x, width) : x;
    places.set(name, place);
    return place;
  };
  let residual = graph.node('Gather', [emitter.weight(weights.embedding), tokens]);
  const attention = createAttention(emitter, request);
  for (let layer = 0; layer < weights.blocks.length; layer++)
    residual = emitBlock(emitter, { layer, residual, attention, at });
  emitHead(emitter, request.head, residual);
  const activations = emitActivations(emitter, request, places);
  return { ...graph.build(), activations };
}

/** Called at each hook point in the order of computation; returns the value to go on with. */
type HookVisitor = (layer: number, kind: HookKind, value: Value) => Value;

interface Block {
  layer: number;
  residual: Value;
  attention: ReturnType<typeof createAttention>;
  at: HookVisitor;
}

function emitBlock(emitter: GraphEmitter, { layer, residual, attention, at }: Block): Value {
  const { graph, linear, norm } = emitter;
  const block = emitter.weights.blocks[layer]!;
  const before = at(layer, 'hook_resid_pre', residual);
  const heads = attention(norm(before, block.attentionNorm), block, layer);
  const attentionOut = at(layer, 'hook_attn_out', linear(heads, block.o));
  const middle = at(layer, 'hook_resid_mid', graph.node('Add', [before, attentionOut]));
  const neurons = at(layer, 'mlp.hook_post', emitNeurons(emitter, middle, layer));
  const mlpOut = at(layer, 'hook_mlp_out', linear(neurons, block.down, block.downBias));
  return at(layer, 'hook_resid_post', graph.node('Add', [middle, mlpOut]));
}

/** SiLU(h · W_gateᵀ) ⊙ h · W_upᵀ with h = RMSNorm(rows): [B, T, d_mlp]. */
function emitNeurons({ graph, weights, linear, norm }: GraphEmitter, rows: Value, layer: number): Value {
  const block = weights.blocks[layer]!;
  const normed = norm(rows, block.mlpNorm);
  const gate = linear(normed, block.gate, block.gateBias);
  const activated = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]);
  return graph.node('Mul', [activated, linear(normed, block.up, block.upBias)]);
}

function emitHead(emitter: GraphEmitter, head: GraphRequest['head'], residual: Value): void {
  if (head === 'none') return;
  const { graph, spec, weights, integers, linear, norm } = emitter;
  const rows = graph.node('Reshape', [residual, integers(-1, spec.d_model)], {
    outputs: [NAMES.finalResidual],
  });
  if (head === 'residual') {
    graph.output(rows, 'F32', ['N', spec.d_model]);
    return;
  }
  const picked = graph.node('Gather', [rows, graph.input(NAMES.logitRows, 'I64', ['K'])]);
  const logits = linear(norm(picked, weights.finalNorm), weights.unembedding);
  graph.output(graph.node('Identity', [logits], { outputs: [NAMES.logits] }), 'F32', ['K', spec.d_vocab]);
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
    graph.output(output, activationDtype, ['B', 'T', resolveHookPoint(spec, name).width]);
    outputs.set(place, output);
  }
  return new Map(hookPoints.map((name) => [name, outputs.get(places.get(name)!)!]));
}
