// One model in a process of its own: opens it, captures, decodes, steers at three layers, scores and projects, and prints
// `result {json}` with times, with the most memory that the process held on the way, and with what the machine could do at best.
import { readFileSync } from 'node:fs';
import { createMemoryBudget } from '../../libs/model-runtime/src/memory/memory-budget.ts';
import { createLanes, openModelRuntime } from '../../libs/model-runtime/src/open-model-runtime.ts';
import { rowsPerRun } from '../../libs/model-runtime/src/passes/forward.ts';
import { loadModelDirectory, mapWeights } from '../../libs/transformer/src/index.ts';
import { bytesPerToken, productsProgram, readBandwidth, timeProducts } from './model-floors.mjs';
import { median } from './report.mjs';

const MIB = 2 ** 20;
const SAMPLE_MS = 10;
const [FLOOR_TURNS, FLOOR_TOKENS] = [6, 8];
const [directory, options] = [process.argv[2], JSON.parse(process.argv[3])];
const { threads, weightCopies, checksFile, quantization, B, T, stop, prompt, tokens } = options;

const peak = { private: 0, rss: 0 };
const before = memory();
const sampler = setInterval(() => {
  const now = memory();
  peak.private = Math.max(peak.private, now.private);
  peak.rss = Math.max(peak.rss, now.rss);
}, SAMPLE_MS);

const open = () => openModelRuntime(directory, { threads, weightCopies, checksFile, quantization });
const [runtime, openMs] = await timed(open);
const { spec } = runtime;
const random = (count) =>
  Int32Array.from({ length: count }, () => 3 + Math.floor(Math.random() * (Math.min(spec.d_vocab, 400) - 3)));

const firstTokenMs = (await timed(() => decode({ steps: 1 })))[1];
const capture = await captureRate();
const plain = await decode({ steps: tokens });
const shortMs = await shortContext();
const edits = [];
for (const layer of [0.25, 0.5, 0.75]) edits.push(await steer(Math.floor(layer * spec.n_layers)));
await runtime.forward({ tokens: random(T), batch: 1, scores: true });
await runtime.projectToVocabulary({ directions: new Float32Array(32 * spec.d_model).fill(0.1), rows: 32 });
await runtime.close();
const [again, secondMs] = await timed(open);
clearInterval(sampler);
const floors = quantization ? {} : await measureFloors(again);
await again.close();

console.log(
  `result ${JSON.stringify({
    open_s: openMs / 1000,
    second_open_s: secondMs / 1000,
    first_token_s: firstTokenMs / 1000,
    private_bytes: peak.private - before.private,
    rss_bytes: peak.rss - before.rss,
    new_edit_layer_ms: median(edits.slice(1).map(({ ms }) => ms)),
    new_edit_layer_mib: median(edits.slice(1).map(({ bytes }) => bytes)) / MIB,
    capture_tokens_per_s: capture,
    short_context_ms: shortMs,
    decode_tokens_per_s: 1000 / median(plain),
    steered_tokens_per_s: 1000 / median(edits.flatMap(({ steps }) => steps)),
    ...floors,
  })}`,
);

/** Bytes that are not a mapped file, and all that are resident. */
function memory() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
  return { private: kib('RssAnon') * 1024, rss: kib('VmRSS') * 1024 };
}

async function timed(work) {
  const begun = performance.now();
  const value = await work();
  return [value, performance.now() - begun];
}

/** Tokens a second of the median of 3 forward passes over B rows of T tokens that stop after `stop` blocks. */
async function captureRate() {
  const times = [];
  for (let i = 0; i < 4; i++) times.push((await timed(() => captureOnce(runtime)))[1]);
  return (B * T * 1000) / median(times.slice(1));
}

function captureOnce(model) {
  const hookPoints = [`blocks.${stop - 1}.hook_resid_post`];
  return model.forward({ tokens: random(B * T), batch: B, hookPoints });
}

/** Milliseconds of the median of 3 scores of 16 tokens: what a graph costs whatever the length of the text. */
async function shortContext() {
  const times = [];
  for (let i = 0; i < 4; i++)
    times.push((await timed(() => runtime.forward({ tokens: random(16), batch: 1, scores: true })))[1]);
  return median(times.slice(1));
}

/**
 * Capture beside the products of its blocks alone (same rows at a time, lanes and threads; the median of turns), and a decoded
 * token beside the time in which memory gives its weights (both at their best: other work on the machine slows them apart).
 */
async function measureFloors(model) {
  const stored = await loadModelDirectory(directory);
  const mapped = await mapWeights(stored, { folder: weightCopies });
  const mappedBytes = mapped.copy?.bytes ?? stored.weightBytes;
  const memory = createMemoryBudget(Number.POSITIVE_INFINITY).account();
  const lanes = createLanes({ folder: mapped.weightFolder, mappedBytes, threads, memory }, {});
  const program = productsProgram(mapped, stop);
  const blockRows = T * rowsPerRun({ batch: B, positions: T, lanes: lanes.size });
  const bytes = bytesPerToken(mapped);
  const turns = [];
  for (let i = 0; i < FLOOR_TURNS; i++) {
    const productsMs = await timeProducts(lanes, program, { rows: B * T, blockRows });
    const captureMs = (await timed(() => captureOnce(model)))[1];
    const bandwidth = await readBandwidth(threads);
    const tokenMs = median(await decode({ model, steps: FLOOR_TOKENS }));
    turns.push({ productsMs, captureMs, bandwidth, tokenMs });
  }
  await lanes.close().finally(mapped.release);
  const warm = turns.slice(1);
  const bandwidth = Math.max(...warm.map((turn) => turn.bandwidth));
  const floorMs = (1000 * bytes) / bandwidth;
  return {
    products_tokens_per_s: median(warm.map(({ productsMs }) => (B * T * 1000) / productsMs)),
    products_ratio: median(warm.map(({ productsMs, captureMs }) => productsMs / captureMs)),
    decode_bytes_per_token: bytes,
    read_bytes_per_s: bandwidth,
    decode_floor_tokens_per_s: 1000 / floorMs,
    decode_over_floor: Math.min(...warm.map(({ tokenMs }) => tokenMs)) / floorMs,
  };
}

/** Milliseconds of each token after a prompt. */
async function decode({ model = runtime, steps, interventions = [] }) {
  const generation = await model.openGeneration({ batch: 1, maxTokens: prompt + steps, interventions });
  try {
    let { logits } = await generation.step({ tokens: random(prompt) });
    const times = [];
    for (let i = 0; i < steps; i++) {
      const [step, ms] = await timed(() => generation.step({ tokens: Int32Array.of(likeliest(logits)) }));
      ({ logits } = step);
      times.push(ms);
    }
    return times;
  } finally {
    await generation.close();
  }
}

/** A clamp in a layer that has had none: what it takes more than the same again, in time and in memory. */
async function steer(layer) {
  const row = new Float32Array(spec.d_model).fill(1 / Math.sqrt(spec.d_model));
  const edit = {
    hookPoint: `blocks.${layer}.hook_resid_post`,
    W_enc_rows: row,
    b_enc: Float32Array.of(0),
    threshold: Float32Array.of(0),
    W_dec_rows: row,
    scale: Float32Array.of(0),
    offset: Float32Array.of(1),
  };
  const held = memory().private;
  const [, firstMs] = await timed(() => decode({ steps: 1, interventions: [edit] }));
  const bytes = memory().private - held;
  const [steps, ms] = await timed(() => decode({ steps: 8, interventions: [edit] }));
  const knownMs = ms - steps.slice(1).reduce((sum, step) => sum + step, 0);
  return { ms: firstMs - knownMs, bytes, steps };
}

function likeliest(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best % 400;
}
