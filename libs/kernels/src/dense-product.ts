import { createGraph, MICROSOFT } from '@facet/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { throwIfCancelled } from './cancelled.ts';

export interface DenseProductOptions {
  /** Length of the summed axis. */
  inner: number;
  /** Columns of the result. */
  outer: number;
  /** Threads of the product. @default 0: one per core */
  threads?: number;
  /** Once it has aborted, `run` throws `cancelled`. */
  signal?: AbortSignal | undefined;
}

/**
 * y [rows, outer] = x [rows, inner] · Wᵀ, with W [outer, inner], in ONNX Runtime on views that are not
 * copied.
 */
export interface DenseProduct {
  /**
   * Computes one product into `y`; the views must lie in plain (not shared) memory. Blocks the calling
   * thread.
   */
  run(operands: { x: Float32Array; W: Float32Array; y: Float32Array; rows: number }): Promise<void>;
  close(): Promise<void>;
}

/** Prepares the product; W may change from call to call, so it is not packed ahead. */
export async function createDenseProduct(options: DenseProductOptions): Promise<DenseProduct> {
  const { inner, outer, threads = 0, signal } = options;
  const session = await InferenceSession.create(productGraph(inner, outer), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: false,
    logSeverityLevel: 3,
  });
  return {
    async run({ x, W, y, rows }) {
      throwIfCancelled(signal);
      const feeds = {
        x: new Tensor('float32', x.subarray(0, rows * inner), [rows, inner]),
        W: new Tensor('float32', W, [outer, inner]),
      };
      await session.run(feeds, { y: new Tensor('float32', y.subarray(0, rows * outer), [rows, outer]) });
    },
    close: () => session.release(),
  };
}

function productGraph(inner: number, outer: number): Uint8Array<ArrayBuffer> {
  const graph = createGraph('dense-product');
  const x = graph.input('x', 'F32', ['rows', inner]);
  const W = graph.input('W', 'F32', [outer, inner]);
  const options = { domain: MICROSOFT, attributes: { transB: 1 }, outputs: ['y'] };
  graph.output(graph.node('FusedMatMul', [x, W], options), 'F32', ['rows', outer]);
  return graph.build().bytes;
}
