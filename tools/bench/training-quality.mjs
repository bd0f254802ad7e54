// Trains one topk SAE here and one with the PyTorch peer on equal rows in equal order, and compares what they reach:
// `node --import tsx --conditions=facet-source tools/bench/training-quality.mjs ROWS.f32 d_in d_sae k [batch] [epochs] [window]`.
// ROWS.f32: raw little-endian f32 [n, d_in] in training order; the last 5 % are held out.
import { readFileSync } from 'node:fs';
import { trainSae } from '../../libs/sae-training/src/index.ts';
import { torch } from './report.mjs';

const [path, ...numbers] = process.argv.slice(2);
const [d_in, d_sae, k, batch = 4096, epochs = 1, window = 1_000_000] = numbers.map(Number);

const rows = new Float32Array(new Uint8Array(readFileSync(path)).buffer);
const trainRows = Math.floor((rows.length / d_in) * 0.95);
const tokens = Math.floor(trainRows / batch) * batch * epochs;
const source = {
  d_in,
  rows: trainRows,
  async *epoch() {
    yield rows.subarray(0, Math.floor(trainRows / batch) * batch * d_in);
  },
  async *heldOut() {
    yield rows.subarray(trainRows * d_in);
  },
};
const start = performance.now();
const { metrics, sae } = await trainSae({
  config: { recipe: { name: 'topk', k }, d_sae, batch_rows: batch, tokens, dead_window_tokens: window },
  source,
});
const seconds = (performance.now() - start) / 1000;
const shown = [
  `held-out fvu ${metrics.fvu.toFixed(4)}`,
  `l0 ${metrics.l0.toFixed(1)}`,
  `dead ${metrics.dead_fraction.toFixed(3)}`,
  `${Math.round(tokens / seconds)} tokens/s`,
  `inference threshold ${sae.cfg.metadata.inference_threshold.toFixed(4)}`,
];
console.log(`facet topk d_in=${d_in} d_sae=${d_sae} k=${k} tokens=${tokens}: ${shown.join(', ')}`);
process.stdout.write(torch('torch_sae_train.py', path, d_in, d_sae, k, batch, epochs, 0, window));
