// Packs a program in a lane, has it given up, and prints the bytes that are no mapped file before, with and after it.
import { readFileSync } from 'node:fs';
import { privateBytes } from '../../dist/memory/machine-memory.js';
import { createMemoryBudget } from '../../dist/memory/memory-budget.js';
import { createLane } from '../../dist/sessions/lane.js';

const [folder, width, packedBytes] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const model = readFileSync(`${folder}/products.onnx`);
const limit = 2 * packedBytes;
const memory = createMemoryBudget(limit).account();
const lane = createLane({ folder, threads: 1, maxSessions: 8, maxRunMs: 600_000, memory });
const run = (key, isPacked) => {
  const held = { packedBytes: isPacked ? packedBytes : 0, workBytes: () => 0 };
  const x = { type: 'float32', dims: [2, width], data: new Float32Array(2 * width) };
  return lane.run({ key, isPacked, build: () => model, memory: held }, { feeds: { x }, outputs: ['y'] });
};
await run('mapped', false);
const before = privateBytes();
await run('packed', true);
const packed = privateBytes();
memory.hold({ purpose: 'caches', bytes: limit - 20 * 2 ** 20 }).free();
// Answered after the release that was asked for before it.
await run('mapped', false);
const released = privateBytes();
console.log(JSON.stringify({ before, packed, released }));
await lane.close();
