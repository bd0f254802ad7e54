import { elementType, MICROSOFT, type Value } from '@facet/onnx';
import { interventionInputs, interventionOutputs } from '../graph/graph-request.ts';
import type { GraphEmitter } from '../ops/graph-emitter.ts';

/**
 * Lets n features of the rows `x` [B, T, d] be edited, and returns x' [B, T, d]:
 *
 *   z = x · W_enc_rowsᵀ + b_enc;  f = [z > threshold] · ReLU(z)
 *   delta_i = mask_i · [f[gate_feature_i] > gate_threshold_i] · ((scale_i − 1) · f_i + offset_i)
 *   x' = x + delta · W_dec_rows
 *
 * Its outputs prove the edit: f, f encoded again from x', ‖x' − x‖ and ‖x‖. With scale 1 and offset 0 every
 * delta is an exact zero, so that x' has the bits of x.
 */
export function emitInterventionPort(emitter: GraphEmitter, name: string, x: Value, width: number): Value {
  const { graph } = emitter;
  const inputs = declareInputs(emitter, name, width);
  const outputs = interventionOutputs(name);
  const fBefore = emitEncode(emitter, x, inputs, outputs.fBefore);
  const delta = emitDelta(emitter, fBefore, inputs);
  const edited = graph.node('Add', [x, graph.node('MatMul', [delta, inputs.W_dec_rows])]);
  emitEncode(emitter, edited, inputs, outputs.fAfter);
  emitNorm(emitter, graph.node('Sub', [edited, x]), outputs.deltaNorm);
  emitNorm(emitter, x, outputs.xNorm);
  graph.output(outputs.fBefore, 'F32', ['B', 'T', `${name}.n`]);
  graph.output(outputs.fAfter, 'F32', ['B', 'T', `${name}.n`]);
  graph.output(outputs.deltaNorm, 'F32', ['B', 'T']);
  graph.output(outputs.xNorm, 'F32', ['B', 'T']);
  return edited;
}

type InterventionInputs = ReturnType<typeof interventionInputs>;

function declareInputs({ graph }: GraphEmitter, name: string, width: number): InterventionInputs {
  const inputs = interventionInputs(name);
  const n = `${name}.n`;
  graph.input(inputs.W_enc_rows, 'F32', [n, width]);
  graph.input(inputs.b_enc, 'F32', [n]);
  graph.input(inputs.threshold, 'F32', [n]);
  graph.input(inputs.W_dec_rows, 'F32', [n, width]);
  graph.input(inputs.scale, 'F32', ['B', 1, n]);
  graph.input(inputs.offset, 'F32', ['B', 1, n]);
  graph.input(inputs.gateFeature, 'I64', ['B', 1, n]);
  graph.input(inputs.gateThreshold, 'F32', ['B', 1, n]);
  graph.input(inputs.mask, 'F32', ['B', 'T', `${name}.m`]);
  return inputs;
}

/** f = [z > threshold] · ReLU(z), z = x · W_enc_rowsᵀ + b_enc. */
function emitEncode({ graph }: GraphEmitter, x: Value, inputs: InterventionInputs, output: string): Value {
  const product = graph.node('FusedMatMul', [x, inputs.W_enc_rows], {
    domain: MICROSOFT,
    attributes: { transB: 1 },
  });
  const z = graph.node('Add', [product, inputs.b_enc]);
  const fires = graph.node('Cast', [graph.node('Greater', [z, inputs.threshold])], {
    attributes: { to: elementType('F32') },
  });
  return graph.node('Mul', [fires, graph.node('Relu', [z])], { outputs: [output] });
}

/**
 * delta_i = mask_i · gate_i · ((scale_i − 1) · f_i + offset_i); every f is read before anything is written.
 */
function emitDelta({ graph }: GraphEmitter, f: Value, inputs: InterventionInputs): Value {
  const sources = graph.node('Expand', [inputs.gateFeature, graph.node('Shape', [f])]);
  const sourceValues = graph.node('GatherElements', [f, sources], { attributes: { axis: 2 } });
  const gate = graph.node('Cast', [graph.node('Greater', [sourceValues, inputs.gateThreshold])], {
    attributes: { to: elementType('F32') },
  });
  const one = graph.has('one')
    ? 'one'
    : graph.constant('one', { dtype: 'F32', shape: [1], data: Float32Array.of(1) });
  const scaled = graph.node('Mul', [graph.node('Sub', [inputs.scale, one]), f]);
  const change = graph.node('Add', [scaled, inputs.offset]);
  return graph.node('Mul', [graph.node('Mul', [gate, inputs.mask]), change]);
}

function emitNorm({ graph, integers }: GraphEmitter, rows: Value, output: string): void {
  graph.node('ReduceL2', [rows, integers(-1)], { attributes: { keepdims: 0 }, outputs: [output] });
}
