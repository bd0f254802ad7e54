// Times one SAE training step against the PyTorch step, both in this run: `npm run bench:training [-- --json]`.
// A step includes shuffling and copying the batch; the floor is the dense encoder product alone, which no step can go below.
import { createDenseProduct, createKernelMemory, planMemoryBytes } from '../../libs/kernels/src/index.ts';
import { createMemorySource, trainSae } from '../../libs/sae-training/src/index.ts';
import { median, report, torch } from './report.mjs';

const SHAPES = [
  { d_in: 64, d_sae: 1024, batch: 4096, k: 16, steps: 40 },
  { d_in: 288, d_sae: 4608, batch: 4096, k: 32, steps: 16 },
];
/** Steps that are not counted: the kernels are compiled while they run. */
const WARM_UP = 4;

async function measureTraining(shape) {
  const facet_ms = await stepMilliseconds(shape);
  const floor_ms = await productMilliseconds(shape);
  const peer = torchStep(shape);
  return {
    ...shape,
    facet_ms,
    floor_ms,
    ...peer,
    ratio: peer.torch_ms / facet_ms,
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
  const line = torch('torch_sae_step.py', 'topk', d_in, d_sae, batch, k);
  const [, torch_ms, torch_product_ms] = /: (\d+) ms\/step.*alone (\d+) ms/.exec(line);
  return { torch_ms: Number(torch_ms), torch_product_ms: Number(torch_product_ms) };
}

function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function row(result) {
  return {
    'd_in × d_sae': `${result.d_in} × ${result.d_sae}`,
    batch: result.batch,
    k: result.k,
    'step ms': result.facet_ms.toFixed(1),
    'floor ms': result.floor_ms.toFixed(1),
    'gap ms': (result.facet_ms - result.floor_ms).toFixed(1),
    'tokens/s': Math.round(result.tokens_per_s).toLocaleString('en'),
    'PyTorch ms': result.torch_ms,
    'its product ms': result.torch_product_ms,
    ratio: `${result.ratio.toFixed(1)}×`,
  };
}

const results = [];
for (const shape of SHAPES) results.push(await measureTraining(shape));
report('SAE training step, topk; the floor is the dense encoder product alone', results.map(row), {
  results,
});
