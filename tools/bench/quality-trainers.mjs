// The two sides of the quality bench: a recipe trained here, and the same with PyTorch, on equal rows in equal order.
import { open } from 'node:fs/promises';
import { trainSae } from '../../libs/sae-training/src/index.ts';
import { resolveConfig } from '../../libs/sae-training/src/resolve-config.ts';
import { torch } from './report.mjs';

/** One call writes at most 2 GiB. */
const WRITE_BYTES = 1 << 30;

/** Trains a recipe here, with its defaults, on the first `train` of `rows` in their order; held out are the others. */
export async function trainFacet(recipe, { rows, d_in, train, d_sae, batch, seed }) {
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
    config: { recipe, d_sae, batch_rows: batch, tokens: train, seed: BigInt(seed) },
    source,
    onProgress() {
      ended = performance.now();
      begun ||= ended;
    },
  });
  const tokens_per_s = Math.round((train - batch) / ((ended - begun) / 1000));
  return { l0: metrics.l0, fvu: metrics.fvu, dead: metrics.dead_fraction, tokens_per_s };
}

/**
 * Trains a recipe with PyTorch on the rows of `file`, with the learning rate, warm-up and window that it has here. topk is the
 * peer that lies beside the repository, the others are `torch_sae_recipes.py`.
 */
export function trainPeer(recipe, { file, d_in, train, heldOut, d_sae, batch, seed }) {
  const config = resolveConfig({ recipe, d_sae, batch_rows: batch, tokens: train }, { d_in, rows: train });
  const { learning_rate, warmup_steps: warmup, dead_window_tokens: window } = config;
  if (recipe.name === 'topk') return topkPeer({ file, d_in, train, d_sae, batch, seed, k: recipe.k, window });
  const { name, ...own } = recipe;
  const { prefixes } = config.recipe;
  const shape = {
    rows: file,
    d_in,
    held_out: heldOut,
    d_sae,
    batch,
    seed,
    learning_rate,
    warmup,
    window,
    prefixes,
  };
  const output = torch('torch_sae_recipes.py', JSON.stringify({ ...shape, recipe: name, ...own }));
  return JSON.parse(/^result (.*)$/m.exec(output)[1]);
}

function topkPeer({ file, d_in, train, d_sae, batch, seed, k, window }) {
  const line = torch('torch_sae_train.py', file, d_in, d_sae, k, batch, 1, seed, window);
  const [, tokens, fvu, l0, dead, tokens_per_s] =
    /tokens=(\d+): held-out fvu ([\d.]+), l0 ([\d.]+), dead ([\d.]+), (\d+) tokens/.exec(line).map(Number);
  if (tokens !== train) throw new Error(`the peer trained on ${tokens} tokens, not ${train}`);
  return { l0, fvu, dead, tokens_per_s };
}

/** Writes rows as the peers read them. */
export async function writeRows(path, rows) {
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
