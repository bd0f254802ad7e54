// Trains one topk SAE here and one with the PyTorch peer, on equal rows in equal order, and compares what they reach:
// `npm run bench:training-quality [-- --json] [-- --tokens 4000000]`. Needs no service; both learn one after the other.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainSae } from '../../libs/sae-training/src/index.ts';
import { report, torch } from './report.mjs';
import { captureRows } from './story-rows.mjs';

const SHARED = new URL('../../../shared', import.meta.url).pathname;
const MODEL = { id: 'stories260K', hookPoint: 'blocks.2.hook_resid_post' };
const TEXTS = ['tinystories.txt', 'children.txt'];
const SAE = { d_sae: 1024, k: 16, batch: 4096 };
/** The peer trains on this share of the rows it is given and measures on the rest. */
const TRAINED_SHARE = 0.95;
const TOKENS = 4_000_000;
/** One call writes at most 2 GiB. */
const WRITE_BYTES = 1 << 30;

const progress = (text) => process.stderr.write(`${text}\n`);
const steps = Math.ceil(tokensWanted() / SAE.batch);
const train = steps * SAE.batch;
const heldOut = Math.ceil(train / TRAINED_SHARE) - train;

progress(`capturing ${(train + heldOut).toLocaleString('en')} rows`);
const { rows, d_in } = await captureRows({
  model: `${SHARED}/data/models/${MODEL.id}`,
  hookPoint: MODEL.hookPoint,
  texts: TEXTS.map((name) => `${SHARED}/data/text/${name}`),
  train,
  heldOut,
});
progress('training here');
const facet = await trainFacet();
progress('training with PyTorch');
const peer = await trainPeer(facet.window);
const ratio = facet.fvu / peer.fvu;
const title =
  `SAE quality at equal tokens: topk, ${MODEL.id} ${MODEL.hookPoint}, d_in ${d_in}, d_sae ${SAE.d_sae}, k ${SAE.k}, ` +
  `${train.toLocaleString('en')} tokens, fvu on ${heldOut.toLocaleString('en')} held-out tokens, ` +
  `dead over ${facet.window.toLocaleString('en')}`;
report(title, [row('facet', facet, ratio), row('PyTorch', peer, 1)], {
  fvu: facet.fvu,
  torch_fvu: peer.fvu,
  fvu_ratio: ratio,
  l0: facet.l0,
  dead_fraction: facet.dead_fraction,
  torch_dead_fraction: peer.dead_fraction,
  tokens: train,
  held_out_tokens: heldOut,
  tokens_per_s: Math.round(facet.rate),
  torch_tokens_per_s: peer.rate,
});

/** Trains with the recipe's defaults, on the rows in their order. */
async function trainFacet() {
  const source = {
    d_in,
    rows: train,
    async *epoch(_seed, _epoch, from = 0) {
      yield rows.subarray(from * d_in, train * d_in);
    },
    async *heldOut() {
      yield rows.subarray(train * d_in);
    },
  };
  let [begun, ended] = [0, 0];
  const { metrics } = await trainSae({
    config: { recipe: { name: 'topk', k: SAE.k }, d_sae: SAE.d_sae, batch_rows: SAE.batch, tokens: train },
    source,
    onProgress() {
      ended = performance.now();
      begun ||= ended;
    },
  });
  const rate = (train - SAE.batch) / ((ended - begun) / 1000);
  return { ...metrics, window: metrics.dead_window_tokens, rate };
}

/** Trains with the peer, whose settings are the same; it reads rows from a file. */
async function trainPeer(window) {
  const folder = await mkdtemp(join(tmpdir(), 'facet-quality-'));
  try {
    const file = join(folder, 'rows.f32');
    await writeRows(file);
    const line = torch('torch_sae_train.py', file, d_in, SAE.d_sae, SAE.k, SAE.batch, 1, 0, window);
    const [, tokens, fvu, l0, dead_fraction, rate] =
      /tokens=(\d+): held-out fvu ([\d.]+), l0 ([\d.]+), dead ([\d.]+), (\d+) tokens/.exec(line).map(Number);
    if (tokens !== train) throw new Error(`the peer trained on ${tokens} tokens, not ${train}`);
    return { fvu, l0, dead_fraction, rate };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeRows(path) {
  const file = await open(path, 'w');
  try {
    const bytes = new Uint8Array(rows.buffer);
    for (let at = 0; at < bytes.length; ) {
      at += (await file.write(bytes.subarray(at, at + WRITE_BYTES))).bytesWritten;
    }
  } finally {
    await file.close();
  }
}

function row(trainer, { fvu, l0, dead_fraction, rate }, against) {
  return {
    trainer,
    'held-out fvu': fvu.toFixed(4),
    'against PyTorch': `${(100 * (against - 1)).toFixed(1)} %`,
    l0: l0.toFixed(1),
    dead: `${(100 * dead_fraction).toFixed(1)} %`,
    'tokens/s': Math.round(rate).toLocaleString('en'),
  };
}

function tokensWanted() {
  const at = process.argv.indexOf('--tokens');
  const tokens = at < 0 ? TOKENS : Number(process.argv[at + 1]);
  if (Number.isInteger(tokens) && tokens >= SAE.batch) return tokens;
  throw new Error(`--tokens ${process.argv[at + 1]} is not a number of at least ${SAE.batch}`);
}
