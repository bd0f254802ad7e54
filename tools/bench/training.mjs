// Times one SAE training step against the PyTorch step, both in this run: `npm run bench:training [-- --json]`.
// A step includes shuffling and copying the batch; the floor is the dense encoder product alone, which no step can go below.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { createDenseProduct, createKernelMemory, planMemoryBytes } from '../../libs/kernels/src/index.ts';
import { createMemorySource, trainSae } from '../../libs/sae-training/src/index.ts';

const PEER = new URL('../../../shared/peers/torch_sae_step.py', import.meta.url).pathname;
const SHAPES = [
  { d_in: 64, d_sae: 1024, batch: 4096, k: 16, steps: 40 },
  { d_in: 288, d_sae: 4608, batch: 4096, k: 32, steps: 16 },
];
/** Steps that are not counted: the kernels are compiled while they run. */
const WARM_UP = 4;

export async function measureTraining(shape) {
  const facet_ms = await stepMilliseconds(shape);
  const floor_ms = await productMilliseconds(shape);
  const torch = torchStep(shape);
  return {
    ...shape,
    facet_ms,
    floor_ms,
    ...torch,
    ratio: torch.torch_ms / facet_ms,
    tokens_per_s: shape.batch / (facet_ms / 1e3),
  };
}

async function stepMilliseconds({ d_in, d_sae, batch, k, steps }) {
  const rows = Float32Array.from({ length: batch * d_in }, gaussian);
  const times = [];
  let last = 0;
  await trainSae({
    config: { recipe: { name: 'topk', k }, d_sae, batch_rows: batch, tokens: batch * (steps + WARM_UP) },
    source: createMemorySource(d_in, rows, new Float32Array(0)),
    onProgress({ step }) {
      const now = performance.now();
      if (step > WARM_UP) times.push(now - last);
      last = now;
    },
  });
  return median(times);
}

async function productMilliseconds({ d_in, d_sae, batch }) {
  const block = 512;
  const lengths = [batch * d_in, d_sae * d_in, block * d_sae];
  const memory = createKernelMemory(planMemoryBytes(lengths));
  const [x, W, y] = lengths.map((length) => memory.f32(length));
  for (let i = 0; i < x.length; i++) x[i] = gaussian();
  for (let i = 0; i < W.length; i++) W[i] = gaussian();
  const product = await createDenseProduct({ inner: d_in, outer: d_sae });
  const times = [];
  for (let repeat = 0; repeat < 10; repeat++) {
    const start = performance.now();
    for (let r = 0; r < batch; r += block) await product.run({ x: x.subarray(r * d_in), W, y, rows: block });
    times.push(performance.now() - start);
  }
  await product.close();
  return median(times);
}

function torchStep({ d_in, d_sae, batch, k }) {
  if (!existsSync(PEER)) throw new Error(`the peer is not there: ${PEER}`);
  const line = execFileSync('/usr/bin/python3', [PEER, 'topk', d_in, d_sae, batch, k].map(String), {
    encoding: 'utf8',
  });
  const [, torch_ms, torch_product_ms] = /: (\d+) ms\/step.*alone (\d+) ms/.exec(line);
  return { torch_ms: Number(torch_ms), torch_product_ms: Number(torch_product_ms) };
}

function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function printTable(results) {
  console.log(`SAE training step, topk, on ${cpus().length} × ${cpus()[0].model}, Node ${process.version}`);
  console.log('d_in  d_sae  batch   k | facet ms  floor ms  gap ms | torch ms  (product) | ratio  tokens/s');
  for (const r of results) {
    const shape = [pad(r.d_in, 4), pad(r.d_sae, 6), pad(r.batch, 6), pad(r.k, 3)].join(' ');
    const facet = [
      pad(r.facet_ms.toFixed(1), 8),
      pad(r.floor_ms.toFixed(1), 9),
      pad((r.facet_ms - r.floor_ms).toFixed(1), 7),
    ].join(' ');
    const torch = [pad(r.torch_ms, 8), pad(`(${r.torch_product_ms})`, 10)].join(' ');
    console.log(
      `${shape} | ${facet} | ${torch} | ${pad(r.ratio.toFixed(1), 5)}  ${pad(Math.round(r.tokens_per_s), 8)}`,
    );
  }
}

const pad = (value, width) => String(value).padStart(width);

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const results = [];
  for (const shape of SHAPES) results.push(await measureTraining(shape));
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'training', results }));
  else printTable(results);
}
