import { createGraph } from '@facet/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface DenseUpdateOptions {
  /** Columns of A. */
  features: number;
  /** Columns of B and C. */
  width: number;
  /** Whether A is transposed: C [features, width] += scale·Aᵀ·B [rows, width]; else C [rows, width] += scale·A·B. */
  transpose: boolean;
  scale: number;
  /** Threads of the product. @default 0: one per core */
  threads?: number;
}

/** C += scale·op(A)·B in place, with A [rows, features], in ONNX Runtime on views that are not copied. */
export interface DenseUpdate {
  /** Updates `C`; the views must lie in plain (not shared) memory. Blocks the calling thread. */
  run(operands: { A: Float32Array; B: Float32Array; C: Float32Array; rows: number }): Promise<void>;
  close(): Promise<void>;
}

/** Prepares the update: one Gemm whose bias and result are the same memory. */
export async function createDenseUpdate(options: DenseUpdateOptions): Promise<DenseUpdate> {
  const { features, width, transpose, threads = 0 } = options;
  const session = await InferenceSession.create(updateGraph(options), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: false,
    logSeverityLevel: 3,
  });
  return {
    async run({ A, B, C, rows }) {
      const [inner, outer] = transpose ? [rows, features] : [features, rows];
      const result = new Tensor('float32', C.subarray(0, outer * width), [outer, width]);
      const feeds = {
        A: new Tensor('float32', A.subarray(0, rows * features), [rows, features]),
        B: new Tensor('float32', B.subarray(0, inner * width), [inner, width]),
        C: result,
      };
      await session.run(feeds, { sum: result });
    },
    close: () => session.release(),
  };
}

function updateGraph({ features, width, transpose, scale }: DenseUpdateOptions): Uint8Array<ArrayBuffer> {
  const graph = createGraph('dense-update');
  const outer = transpose ? features : 'rows';
  const A = graph.input('A', 'F32', ['rows', features]);
  const B = graph.input('B', 'F32', [transpose ? 'rows' : features, width]);
  const C = graph.input('C', 'F32', [outer, width]);
  const attributes = { transA: Number(transpose), alpha: { float: scale }, beta: { float: 1 } };
  graph.output(graph.node('Gemm', [A, B, C], { attributes, outputs: ['sum'] }), 'F32', [outer, width]);
  return graph.build().bytes;
}
