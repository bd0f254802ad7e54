// One run in a process of its own: prints by how many bytes resident memory grew at most, and how many were planned.
// `node --import tsx --conditions=facet-source tools/bench/training-peak.mjs d_in d_sae batch k`
import { createMemorySource, engineOf, trainSae } from '../../libs/sae-training/src/index.ts';
import { configOf, randomRows } from './training-steps.mjs';

/** Weights at the beginning and at the end of a run: drawn or copied out, then transposed for publication. */
const WEIGHT_COPIES = 2;
const BATCHES = 4;

const [d_in, d_sae, batch, k] = process.argv.slice(2).map(Number);
const before = process.memoryUsage.rss();
const rows = randomRows(batch * BATCHES, d_in);
const plan = engineOf('cpu').planMemory(configOf({ d_in, d_sae, batch, k }));
const { weights_bytes, optimizer_bytes, batch_bytes } = plan;
const planned = weights_bytes * (1 + WEIGHT_COPIES) + optimizer_bytes + batch_bytes + rows.byteLength;

await trainSae({
  config: { recipe: { name: 'topk', k }, d_sae, batch_rows: batch, tokens: batch * BATCHES },
  source: createMemorySource(d_in, rows, rows.subarray(0, batch * d_in)),
});
const peak = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ peak, planned }));
