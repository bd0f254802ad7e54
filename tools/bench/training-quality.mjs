// Trains an SAE of every recipe here and with a PyTorch peer, on equal rows in equal order, and compares them at matched l0:
// `npm run bench:training-quality [-- --json] [-- --tokens 600000] [-- --recipes gated,jumprelu] [-- --seeds 3]`. Needs
// no service.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matchL0 } from './match-l0.mjs';
import { trainFacet, trainPeer, writeRows } from './quality-trainers.mjs';
import { report } from './report.mjs';
import { captureRows } from './story-rows.mjs';

const SHARED = new URL('../../../shared', import.meta.url).pathname;
const MODEL = { id: 'stories260K', hookPoint: 'blocks.2.hook_resid_post' };
const TEXTS = ['tinystories.txt', 'children.txt'];
const SAE = { d_sae: 512, batch: 512 };
const TOKENS = 600_000;
/** The topk peer trains on this share of the rows it is given and measures on the rest; so do all. */
const TRAINED_SHARE = 0.95;
/** Features of a row that every SAE is trained for. */
const TARGET = 16;
/** Every run is made with this many seeds on both sides: one seed alone moves fvu by up to 1 %. */
const SEEDS = 3;
/** How near the λ of a penalty is sought to it. */
const SOUGHT = 0.05;

/**
 * How each recipe is told the target: by a setting of its own, or by a λ that is sought, on both sides from the one given
 * here. `slope`: how l0 moves with the setting, in logarithms. The peer's rows are √d_in times shorter, so its λ is smaller.
 */
const RECIPES = {
  standard: { of: (lambda) => ({ name: 'standard', lambda }), sought: 1.4, slope: -0.8 },
  topk: { of: (k) => ({ name: 'topk', k }), slope: 1, round: Math.round },
  batchtopk: { of: (k) => ({ name: 'batchtopk', k }), slope: 1, round: Math.round },
  jumprelu: { of: (target_l0) => ({ name: 'jumprelu', target_l0 }), slope: 1 },
  gated: { of: (lambda) => ({ name: 'gated', lambda }), sought: 1.6, slope: -0.8 },
  matryoshka: { of: (k) => ({ name: 'matryoshka', k }), slope: 1, round: Math.round },
};

const progress = (text) => process.stderr.write(`${text}\n`);
const steps = Math.ceil(Number(option('--tokens', TOKENS)) / SAE.batch);
const train = steps * SAE.batch;
const seeds = Number(option('--seeds', SEEDS));
const heldOut = Math.ceil(train / TRAINED_SHARE) - train;
const names = option('--recipes', Object.keys(RECIPES).join(',')).split(',');

progress(`capturing ${(train + heldOut).toLocaleString('en')} rows`);
const { rows, d_in } = await captureRows({
  model: `${SHARED}/data/models/${MODEL.id}`,
  hookPoint: MODEL.hookPoint,
  texts: TEXTS.map((name) => `${SHARED}/data/text/${name}`),
  train,
  heldOut,
});
const folder = await mkdtemp(join(tmpdir(), 'facet-quality-'));
const results = [];
try {
  const file = join(folder, 'rows.f32');
  await writeRows(file, rows);
  const shape = { ...SAE, rows, file, d_in, train, heldOut };
  for (const name of names) {
    const result = await compare(name, shape);
    results.push(result);
    const [l0, fvu, ratio] = [result.l0, result.fvu, result.fvu_ratio].map((value) => value.toPrecision(4));
    progress(`${name}: l0 ${l0}, fvu ${fvu}, ${ratio} times the peer's`);
  }
} finally {
  await rm(folder, { recursive: true });
}

const title =
  `SAE quality at matched l0: ${MODEL.id} ${MODEL.hookPoint}, d_in ${d_in}, d_sae ${SAE.d_sae}, batch ${SAE.batch}, ` +
  `${train.toLocaleString('en')} tokens, fvu on ${heldOut.toLocaleString('en')} held-out tokens, target l0 ${TARGET}, ` +
  `mean of ${seeds} seeds`;
report(title, results.map(row), {
  recipes: results,
  worst_fvu_ratio: Math.max(...results.map(({ fvu_ratio }) => fvu_ratio)),
  worst_target_miss: Math.max(...results.map(({ l0 }) => Math.abs(l0 / TARGET - 1))),
  target: TARGET,
  tokens: train,
  held_out_tokens: heldOut,
  seeds,
});

/** Trains a recipe on both sides: ours for the target, the peer until it has the l0 that ours came to. */
async function compare(name, shape) {
  const { of, sought, slope, round } = RECIPES[name];
  progress(`${name}: training here`);
  const here = overSeeds((setting, seed) => trainFacet(of(setting), { ...shape, seed }));
  const ours = sought
    ? await matchL0(TARGET, { setting: sought, slope, tolerance: SOUGHT, train: here })
    : { setting: TARGET, ...(await here(TARGET)) };
  progress(`${name}: training with PyTorch`);
  const setting = sought ? ours.setting / Math.sqrt(shape.d_in) : TARGET;
  const peer = await matchL0(ours.l0, {
    setting,
    slope,
    round,
    train: overSeeds((value, seed) => trainPeer(of(value), { ...shape, seed })),
  });
  return {
    recipe: name,
    target: TARGET,
    setting: ours.setting,
    l0: ours.l0,
    fvu: ours.fvu,
    dead: ours.dead,
    tokens_per_s: ours.tokens_per_s,
    peer_setting: peer.setting,
    peer_l0: peer.l0,
    peer_fvu: peer.fvu,
    peer_fvu_at_l0: peer.fvu_at_l0,
    peer_dead: peer.dead,
    peer_tokens_per_s: peer.tokens_per_s,
    peer_runs: peer.runs,
    fvu_ratio: ours.fvu / peer.fvu_at_l0,
  };
}

/** A way to train that makes one run for each seed and gives the mean of every figure. */
function overSeeds(train) {
  return async (setting) => {
    const runs = [];
    for (let seed = 0; seed < seeds; seed++) runs.push(await train(setting, seed));
    const mean = (name) => runs.reduce((sum, run) => sum + run[name], 0) / seeds;
    return Object.fromEntries(Object.keys(runs[0]).map((name) => [name, mean(name)]));
  };
}

function row(result) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  return {
    recipe: result.recipe,
    setting: Number(result.setting.toPrecision(3)),
    l0: result.l0.toFixed(2),
    fvu: result.fvu.toFixed(4),
    dead: percent(result.dead),
    'PyTorch l0': result.peer_l0.toFixed(2),
    fvu_: result.peer_fvu.toFixed(4),
    'at our l0': result.peer_fvu_at_l0.toFixed(4),
    dead_: percent(result.peer_dead),
    'fvu ratio': result.fvu_ratio.toFixed(3),
  };
}

function option(name, fallback) {
  const at = process.argv.indexOf(name);
  const value = at < 0 ? fallback : process.argv[at + 1];
  const least = { '--tokens': SAE.batch, '--seeds': 1 }[name];
  if (least === undefined || Number(value) >= least) return String(value);
  throw new Error(`${name} ${value} is not a number of at least ${least}`);
}
