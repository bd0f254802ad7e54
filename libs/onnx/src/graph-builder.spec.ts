import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensorsHeader, serializeSafetensors } from '@facet/tensor';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createGraph, type GraphBuilder, MICROSOFT } from './graph-builder.ts';
import { elementType } from './messages.ts';

/** Compiles the graph and runs it once on float inputs. */
async function runGraph(graph: GraphBuilder, feeds: Record<string, Tensor>, folder = '.') {
  const session = await InferenceSession.create(graph.build().bytes, {
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

const floats = (values: number[], dims: number[]) => new Tensor('float32', Float32Array.from(values), dims);

describe('createGraph', () => {
  test('writes nodes, every kind of attribute and constants that the runtime computes with', async () => {
    const graph = createGraph('attributes');
    const x = graph.input('x', 'F32', ['rows', 4]);
    const alpha = graph.node('LeakyRelu', [x], { attributes: { alpha: { float: 0.25 } } });
    const bias = graph.constant('bias', { dtype: 'F32', shape: [4], data: Float32Array.of(1, 2, 3, 4) });
    const sum = graph.node('Add', [alpha, bias]);
    const swapped = graph.node('Transpose', [sum], { attributes: { perm: [1, 0] } });
    graph.output(graph.node('Cast', [swapped], { attributes: { to: elementType('I32') } }), 'I32', [
      4,
      'rows',
    ]);
    const results = await runGraph(graph, { x: floats([-4, 0, 4, 8], [1, 4]) });
    expect([...(results.Cast_0!.data as Int32Array)]).toEqual([0, 2, 7, 12]);
    expect(results.Cast_0!.dims).toEqual([4, 1]);
  });

  test('reads F32 and BF16 initializers where they lie in a safetensors file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'facet-onnx-'));
    const W = Float32Array.of(1, 2, 3, 4, 5, 6);
    const half = Uint16Array.of(0x3f80, 0x4000, 0xc040);
    const chunks = serializeSafetensors({
      odd: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
      W: { dtype: 'F32', shape: [2, 3], data: W },
      half: { dtype: 'BF16', shape: [3], data: half },
    });
    const bytes = Buffer.concat(chunks);
    await writeFile(join(directory, 'w.safetensors'), bytes);
    const { entries } = parseSafetensorsHeader(bytes, bytes.length, 'w');
    const graph = createGraph('external');
    const external = (name: string) => {
      const { dtype, shape, byteOffset, byteLength } = entries.get(name)!;
      const data = { location: 'w.safetensors', offset: byteOffset, length: byteLength };
      return graph.external(name, { dtype, shape, data });
    };
    const x = graph.input('x', 'F32', [1, 3]);
    const cast = graph.node('Cast', [external('half')], { attributes: { to: elementType('F32') } });
    const product = graph.node('FusedMatMul', [graph.node('Mul', [x, cast]), external('W')], {
      domain: MICROSOFT,
      attributes: { transB: 1 },
    });
    graph.output(product, 'F32', [1, 2]);
    const results = await runGraph(graph, { x: floats([1, 1, 1], [1, 3]) }, directory);
    expect([...(results[product]!.data as Float32Array)]).toEqual([1 + 4 - 9, 4 + 10 - 18]);
    await rm(directory, { recursive: true });
  });

  test('leaves out what no output needs, inputs and initializers too', () => {
    const graph = createGraph('pruned');
    const x = graph.input('x', 'F32', [2]);
    const unused = graph.input('unused', 'F32', [2]);
    const kept = graph.node('Relu', [x]);
    graph.node('Add', [kept, graph.node('Neg', [unused])]);
    graph.constant('ballast', { dtype: 'F32', shape: [5000], data: new Float32Array(5000) });
    graph.output(kept, 'F32', [2]);
    const { bytes, inputs } = graph.build();
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(bytes.length).toBeLessThan(200);
    expect(Buffer.from(bytes).includes('Neg')).toBe(false);
  });

  test('keeps a node with several outputs when one of them is needed', async () => {
    const graph = createGraph('split');
    const x = graph.input('x', 'F32', [4]);
    const [, second] = graph.nodes('Split', [x], {
      attributes: { axis: 0, num_outputs: 2 },
      outputs: ['a', 'b'],
    });
    graph.output(second!, 'F32', [2]);
    const results = await runGraph(graph, { x: floats([1, 2, 3, 4], [4]) });
    expect([...(results.b!.data as Float32Array)]).toEqual([3, 4]);
  });

  const MISTAKES: [string, (graph: GraphBuilder) => unknown, RegExp][] = [
    ['a value that does not exist', (g) => g.node('Relu', ['y']), /no value "y" for Relu_0/],
    ['a name that is taken', (g) => g.input('x', 'F32', []), /already has a value named "x"/],
    ['an output that does not exist', (g) => g.output('y', 'F32', []), /no value "y"/],
    [
      'too few bytes',
      (g) => g.constant('c', { dtype: 'F32', shape: [2], data: new Float32Array(1) }),
      /4 bytes.*takes 8/,
    ],
    [
      'a file outside the folder',
      (g) =>
        g.external('w', { dtype: 'U8', shape: [1], data: { location: '../secret', offset: 0, length: 1 } }),
      /only plain file names/,
    ],
    [
      'a negative offset',
      (g) => g.external('w', { dtype: 'U8', shape: [1], data: { location: 'w', offset: -1, length: 1 } }),
      /offset -1/,
    ],
  ];
  test.each(MISTAKES)('refuses %s', (_, mistake, message) => {
    const graph = createGraph('mistaken');
    graph.input('x', 'F32', [1]);
    expect(() => mistake(graph)).toThrow(message);
  });
});
