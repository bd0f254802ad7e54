// Times SAE training steps of the cpu engine against the PyTorch peer, both in this run, in turns:
// `npm run bench:training [-- --json]`. Also how the cost grows, and peak memory against the plan.
import { execFileSync } from 'node:child_process';
import { median, report, table, torch } from './report.mjs';
import { timeProduct, timeSteps } from './training-steps.mjs';

/** Steps of ours and of the peer in a turn; the peer takes ten seconds for a step of the large shape. */
const SHAPES = [
  { d_in: 288, d_sae: 4608, batch: 4096, k: 32, turns: 3, steps: 8, peerSteps: 3 },
  { d_in: 768, d_sae: 24576, batch: 4096, k: 32, turns: 1, steps: 5, peerSteps: 2 },
];
/** What the peer calls the recipes. */
const PEERS = { topk: 'topk', standard: 'relu' };

/** One thing varies at a time. */
const SMALL = { d_in: 288, d_sae: 4608, batch: 4096, k: 32, steps: 5 };
const GROWTH = [
  ...[2304, 4608, 9216, 18432].map((d_sae) => ({ ...SMALL, d_sae })),
  ...[1024, 2048, 8192, 16384].map((batch) => ({ ...SMALL, batch })),
  ...[8, 64, 128].map((k) => ({ ...SMALL, k })),
];

/** Measures one recipe in one shape: ours before and after the peer in every turn. */
async function measure(shape, recipe) {
  const times = [];
  const peers = [];
  let most = {};
  for (let turn = 0; turn < shape.turns; turn++) {
    const before = await timeSteps({ ...shape, recipe });
    peers.push(peerStep(shape, PEERS[recipe]));
    const after = await timeSteps({ ...shape, recipe });
    times.push(...before.times, ...after.times);
    most = after;
  }
  const peer_ms = median(peers.map((peer) => peer.step_ms));
  const peer_product_ms = median(peers.map((peer) => peer.product_ms));
  const step_ms = median(times);
  const { l0, dense_rows } = most;
  return { ...shape, recipe, step_ms, l0, dense_rows, peer_ms, peer_product_ms, ratio: peer_ms / step_ms };
}

function peerStep({ d_in, d_sae, batch, k, peerSteps }, architecture) {
  const line = torch('torch_sae_step.py', architecture, d_in, d_sae, batch, k, peerSteps);
  const [, step_ms, product_ms] = /: (\d+) ms\/step.*alone (\d+) ms/.exec(line);
  return { step_ms: Number(step_ms), product_ms: Number(product_ms) };
}

/** One run in a process of its own: its memory is nobody else's. */
function measurePeak({ d_in, d_sae, batch, k }) {
  const file = new URL('./training-peak.mjs', import.meta.url).pathname;
  const sizes = [d_in, d_sae, batch, k].map(String);
  const output = execFileSync(process.execPath, [...process.execArgv, file, ...sizes], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1));
}

const comparison = (result) => ({
  recipe: result.recipe,
  'd_in × d_sae': `${result.d_in} × ${result.d_sae}`,
  l0: result.l0.toFixed(1),
  'dense rows': result.dense_rows,
  'step ms': result.step_ms.toFixed(1),
  'product ms': result.product_ms.toFixed(1),
  'step/product': result.over_product.toFixed(2),
  'tokens/s': Math.round((result.batch / result.step_ms) * 1e3).toLocaleString('en'),
  'PyTorch ms': result.peer_ms,
  'its product ms': result.peer_product_ms,
  ratio: `${result.ratio.toFixed(1)}×`,
});

const growth = ({ d_sae, batch, k, step_ms }) => ({
  d_sae,
  batch,
  k,
  'step ms': step_ms.toFixed(1),
  'µs per row': ((step_ms / batch) * 1e3).toFixed(1),
  'ns per row and feature': ((step_ms / batch / d_sae) * 1e6).toFixed(2),
});

const results = [];
for (const shape of SHAPES) {
  const product_ms = await timeProduct({ ...shape, repeats: shape.steps });
  for (const recipe of Object.keys(PEERS)) {
    const result = await measure(shape, recipe);
    results.push({ ...result, product_ms, over_product: result.step_ms / product_ms });
  }
}
const grown = [];
for (const shape of GROWTH) grown.push({ ...shape, ...(await timeSteps(shape)) });
const { peak, planned } = measurePeak(SHAPES[1]);

table('How the cost of a topk step grows at d_in 288', grown.map(growth));
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
console.log(`\nPeak memory of a topk run at 768 × 24576: ${mebibytes(peak)}, planned ${mebibytes(planned)}`);

const of = (recipe, d_in) => results.find((result) => result.recipe === recipe && result.d_in === d_in);
const title = 'SAE training steps, batch 4096; product: the dense encoder product alone, on all cores';
report(title, results.map(comparison), {
  topk_ratio_288: of('topk', 288).ratio,
  topk_ratio_768: of('topk', 768).ratio,
  standard_ratio_288: of('standard', 288).ratio,
  standard_ratio_768: of('standard', 768).ratio,
  step_over_product_288: of('topk', 288).over_product,
  step_over_product_768: of('topk', 768).over_product,
  peak_over_plan: peak / planned,
});
