// Steps of the cpu engine and the product they cannot do without, timed one by one; random rows from a fixed seed.
import { createDenseProduct, createKernelMemory, planMemoryBytes } from '../../libs/kernels/src/index.ts';
import { createRandom } from '../../libs/random/src/index.ts';
import { engineOf } from '../../libs/sae-training/src/engines/registry.ts';
import { resolveConfig } from '../../libs/sae-training/src/resolve-config.ts';
import { initialWeights } from '../../libs/sae-training/src/weights/initial-weights.ts';
import { median } from './report.mjs';

/** Steps that are not counted: the kernels are compiled while they run. */
const WARM_UP = 2;
/** Features of `standard` that fire for a row: biases begin low enough for that, and stay there. */
const STANDARD_L0 = 32;
/** The length of its first encoder rows: with rows of norm √d_in, pre-activations deviate by as much. */
const STANDARD_DEVIATION = 0.1;
/** The penalty has its whole weight from the first step, as it has through most of a run. */
const STANDARD = { name: 'standard', lambda_warmup_fraction: 0 };
const NO_FEATURES = new Uint32Array(0);

/**
 * Bytes of the result that the product alone is computed for at a time. ONNX Runtime allocates it anew at every call: above 32 MiB
 * the C library takes such memory back each time, and in a virtual machine its pages cost more than the product.
 */
const PRODUCT_BYTES = 16 << 20;

/**
 * Takes `steps` steps of one kind, copying the batch included: the median in milliseconds, the most features that fired
 * for a row in any step on average, and the most rows of a step that were decoded dense.
 */
export async function timeSteps({ recipe = 'topk', d_in, d_sae, batch, k, steps }) {
  const x = randomRows(batch, d_in);
  const config = configOf({ recipe, d_in, d_sae, batch, k });
  const initial = initialWeights(config, x);
  if (recipe === 'standard') initial.b_enc.fill(-STANDARD_DEVIATION * upperQuantile(STANDARD_L0 / d_sae));
  const session = await engineOf('cpu').open(config, initial);
  const times = [];
  const most = { l0: 0, dense_rows: 0 };
  for (let step = 0; step < WARM_UP + steps; step++) {
    const start = performance.now();
    session.fill(x, 0);
    const { l0, dense_rows } = await session.step(step, config.learning_rate, NO_FEATURES);
    if (step >= WARM_UP) times.push(performance.now() - start);
    most.l0 = Math.max(most.l0, l0);
    most.dense_rows = Math.max(most.dense_rows, dense_rows);
  }
  await session.close();
  return { times, step_ms: median(times), ...most };
}

/** A run's configuration, its schedule so long that these steps are all of one kind. */
export function configOf({ recipe, d_in, d_sae, batch, k }) {
  const chosen = recipe === 'standard' ? STANDARD : { name: 'topk', k };
  const shape = { d_in, rows: batch };
  return resolveConfig({ recipe: chosen, d_sae, batch_rows: batch, tokens: batch * 1000 }, shape);
}

/** Rows of independent standard normal values [rows, d_in]. */
export function randomRows(rows, d_in) {
  const random = createRandom(1n);
  return Float32Array.from({ length: rows * d_in }, () => random.gaussian());
}

/** The dense product of the batch with the encoder alone, block by block on all cores: no step can do without it. */
export async function timeProduct({ d_in, d_sae, batch, repeats }) {
  const rows = productRows({ batch, d_sae });
  const lengths = [batch * d_in, d_sae * d_in, rows * d_sae];
  const memory = createKernelMemory(planMemoryBytes(lengths));
  const [x, W, y] = lengths.map((length) => memory.f32(length));
  x.set(randomRows(batch, d_in));
  W.set(randomRows(d_sae, d_in));
  const product = await createDenseProduct({ inner: d_in, outer: d_sae });
  const times = [];
  for (let repeat = 0; repeat < WARM_UP + repeats; repeat++) {
    const start = performance.now();
    for (let r = 0; r < batch; r += rows) await product.run({ x: x.subarray(r * d_in), W, y, rows });
    if (repeat >= WARM_UP) times.push(performance.now() - start);
  }
  await product.close();
  return median(times);
}

/** Rows of a block of the product: a power of two, its result below PRODUCT_BYTES. */
function productRows({ batch, d_sae }) {
  return Math.min(batch, 2 ** Math.floor(Math.log2(PRODUCT_BYTES / (4 * d_sae))));
}

/** What a standard normal value exceeds with probability `tail`, by halving. */
function upperQuantile(tail) {
  let [low, high] = [0, 10];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return low;
}

/** P(Z > z), summed over steps of 1/1000. */
function upperTail(z) {
  let sum = 0;
  for (let at = z + 0.0005; at < z + 10; at += 0.001) sum += Math.exp((-at * at) / 2);
  return (sum * 0.001) / Math.sqrt(2 * Math.PI);
}
