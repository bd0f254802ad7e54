// What a model cannot be faster than on this machine: the rate of its matrix products alone, and the bandwidth of its memory.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createGraph, MICROSOFT } from '../../libs/onnx/src/index.ts';

/** Bytes that one thread reads over and over: far beyond every cache. */
const READ_BYTES = 64 * 2 ** 20;
const READINGS = 9;

/** The linear layers of one block. */
function linearsOf({ attention: { qkv, out }, mlp }) {
  const parts = 'fused' in qkv ? [qkv.fused] : [qkv.q, qkv.k, qkv.v];
  return [...parts, out, mlp.gate, mlp.up, mlp.down].filter((linear) => linear !== undefined);
}

/**
 * The products of the first `stop` blocks with rows [N, width] and nothing between them, as a program of a lane: weights where
 * sessions map them, unpacked, as in capture. Of each result one row is kept, so that the next product has the same memory.
 */
export function productsProgram({ weights }, stop) {
  const graph = createGraph('products');
  const inputs = new Map();
  const inputOf = (width) => {
    if (!inputs.has(width)) inputs.set(width, graph.input(`x${width}`, 'F32', ['N', width]));
    return inputs.get(width);
  };
  const first = graph.constant('first', { dtype: 'I64', shape: [1], data: BigInt64Array.of(0n) });
  const outputs = [];
  for (const { weight, isTransposed } of weights.blocks.slice(0, stop).flatMap(linearsOf)) {
    const { name, shape, file: location, byteOffset: offset, byteLength: length } = weight;
    const [out, width] = isTransposed ? shape.toReversed() : shape;
    const matrix = graph.external(name, { dtype: 'F32', shape, data: { location, offset, length } });
    const product = isTransposed
      ? graph.node('MatMul', [inputOf(width), matrix])
      : graph.node('FusedMatMul', [inputOf(width), matrix], { domain: MICROSOFT, attributes: { transB: 1 } });
    const row = graph.node('Gather', [product, first], { outputs: [`${name}.row`] });
    graph.output(row, 'F32', [1, out]);
    outputs.push(`${name}.row`);
  }
  const { bytes } = graph.build();
  return {
    key: 'products',
    isPacked: false,
    build: () => bytes,
    widths: [...inputs.keys()],
    outputs: outputs.slice(-1),
  };
}

/** Milliseconds of the program's products over `rows` rows in all, `blockRows` at a time, over all lanes. */
export async function timeProducts(lanes, program, { rows, blockRows }) {
  const feeds = {};
  for (const width of program.widths)
    feeds[`x${width}`] = {
      type: 'float32',
      dims: [blockRows, width],
      data: new Float32Array(blockRows * width).fill(0.5),
    };
  let left = Math.ceil(rows / blockRows);
  const work = async () => {
    while (left-- > 0) await lanes.idlest().run(program, { feeds, outputs: program.outputs });
  };
  const begun = performance.now();
  // Two runs wait in each lane, as in a forward pass.
  await Promise.all(Array.from({ length: 2 * lanes.size }, work));
  return performance.now() - begun;
}

/** Bytes of F32 weights that one decoded token reads: every block and the unembedding, but of the embedding one row. */
export function bytesPerToken({ weights: { blocks, unembedding } }) {
  const linears = [...blocks.flatMap(linearsOf), unembedding];
  return linears.reduce((sum, { weight }) => sum + weight.byteLength, 0);
}

/** Reads memory with `threads` threads at once, by the C library's search for a byte that is not there; bytes a second of the fastest reading. */
export async function readBandwidth(threads) {
  const workers = Array.from(
    { length: threads },
    () => new Worker(READER, { eval: true, workerData: { bytes: READ_BYTES, readings: READINGS } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const rates = workers.map(async (worker) => {
    worker.postMessage('go');
    const [times] = await once(worker, 'message');
    return (READ_BYTES * 1000) / Math.min(...times);
  });
  const sum = (await Promise.all(rates)).reduce((total, rate) => total + rate, 0);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return sum;
}

const READER = `
const { parentPort, workerData } = require('node:worker_threads');
const memory = Buffer.alloc(workerData.bytes, 1);
parentPort.once('message', () => {
  const times = [];
  for (let i = 0; i < workerData.readings; i++) {
    const begun = performance.now();
    if (memory.indexOf(2) !== -1) throw new Error('found');
    times.push(performance.now() - begun);
  }
  parentPort.postMessage(times);
});
parentPort.postMessage('ready');
`;
