// What a generated token costs the thread that serves calls, and in all, at a vocabulary of 151,936: drawn in the compute thread,
// as the service does, beside drawn here from logits that are sent over. `npm run bench:sampling [-- --json]`
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModelRuntime } from '../../libs/model-runtime/src/open-model-runtime.ts';
import { createSamplingMemory, createTokenSampler } from '../../libs/transformer/src/sampling/index.ts';
import { writeRandomCheckpoint } from './random-checkpoint.mjs';
import { median, report } from './report.mjs';

const TOKENIZER = fileURLToPath(
  new URL('../../../shared/data/models/stories260K/tokenizer.json', import.meta.url),
);
const D_VOCAB = 151_936;
const PROMPT = 8;
const STEPS = 16;
const TURNS = 3;

/** A small body under a large vocabulary: what is measured is not the model. */
const CONFIG = {
  ...{ model_type: 'llama', rms_norm_eps: 1e-5, rope_theta: 10_000, bos_token_id: 1, eos_token_id: 2 },
  ...{ hidden_size: 64, intermediate_size: 128, num_hidden_layers: 1, num_attention_heads: 4 },
  ...{
    num_key_value_heads: 4,
    vocab_size: D_VOCAB,
    max_position_embeddings: 64,
    tie_word_embeddings: false,
  },
};

/** The random weights give logits with a spread of 0.1; divided by this they spread as those of a language model. */
const TEMPERATURE = 0.03;
const ALL = {
  ...{ temperature: TEMPERATURE, topK: 1000, topP: 0.9, minP: 0.001, topLogprobs: 20 },
  ...{ repetitionPenalty: 1.1, presencePenalty: 0.1, frequencyPenalty: 0.1 },
  logitBias: Array.from({ length: 1024 }, (_, tokenId) => ({ tokenId, bias: tokenId / 1024 })),
};
const OPTIONS = {
  greedy: { temperature: 0 },
  temperature: { temperature: TEMPERATURE },
  'top_p 0.9': { temperature: TEMPERATURE, topP: 0.9 },
  'all options': ALL,
  'top_p 0.9 and KL': { temperature: TEMPERATURE, topP: 0.9, isCompared: true },
};

const folder = await mkdtemp(join(tmpdir(), 'facet-sampling-'));
try {
  await writeRandomCheckpoint(folder, CONFIG, await readFile(TOKENIZER), 'F32');
  const runtime = await openModelRuntime(folder, { weightCopies: join(folder, 'copies') });
  const rows = [];
  const figures = [];
  for (const batch of [1, 8])
    for (const [name, options] of Object.entries(OPTIONS)) {
      const figure = { batch, options: name, ...(await compare(runtime, batch, options)) };
      figures.push(figure);
      rows.push(rowOf(figure));
    }
  await runtime.close();
  report('Drawing tokens at a vocabulary of 151,936: milliseconds for a step of all rows', rows, { figures });
} finally {
  await rm(folder, { recursive: true });
}

/** Both ways in turns; of each the median step. */
async function compare(runtime, batch, { isCompared = false, ...options }) {
  const request = { batch: isCompared ? 2 * batch : batch, maxTokens: PROMPT + STEPS };
  const samplers = Array.from({ length: batch }, (_, row) => ({
    ...{ row, options, seed: 7n, prompt: Int32Array.of(1), comparedTo: isCompared ? batch + row : undefined },
  }));
  const [here, there] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    here.push(...(await measure(runtime, request, createDrawHere(samplers))));
    there.push(
      ...(await measure(runtime, { ...request, samplers }, { draw: samplers.map(({ row }) => row) })),
    );
  }
  const middle = (steps, field) => median(steps.map((step) => step[field]));
  return {
    here_main_ms: middle(here, 'mainMs'),
    here_total_ms: middle(here, 'totalMs'),
    main_ms: middle(there, 'mainMs'),
    total_ms: middle(there, 'totalMs'),
  };
}

function rowOf({ batch, options, ...figure }) {
  const ms = (value) => value.toFixed(2);
  return {
    rows: batch,
    options,
    'this thread, drawn here': ms(figure.here_main_ms),
    'this thread': ms(figure.main_ms),
    'in all, drawn here': ms(figure.here_total_ms),
    'in all': ms(figure.total_ms),
  };
}

/** Samplers on this thread. */
function createDrawHere(samplers) {
  const memory = createSamplingMemory(D_VOCAB);
  const own = samplers.map((sampler) => createTokenSampler(sampler, memory));
  const rowOf = (logits, row) => logits.subarray(row * D_VOCAB, (row + 1) * D_VOCAB);
  return {
    take: ({ logits }) =>
      samplers.map(({ row, comparedTo }, index) =>
        own[index].draw(rowOf(logits, row), comparedTo === undefined ? undefined : rowOf(logits, comparedTo)),
      ),
  };
}

/** Milliseconds of each step: of this thread's processor time, and in all. */
async function measure(runtime, request, { draw, take = ({ drawn }) => drawn }) {
  const generation = await runtime.openGeneration(request);
  const steps = [];
  try {
    let drawn = take(await generation.step({ tokens: new Int32Array(request.batch * PROMPT).fill(5), draw }));
    for (let step = 0; step < STEPS; step++) {
      const tokens = Int32Array.from({ length: request.batch }, (_, row) => drawn[row % drawn.length].id);
      const [begun, cpuMs] = [performance.now(), threadMs()];
      drawn = take(await generation.step({ tokens, draw }));
      steps.push({ totalMs: performance.now() - begun, mainMs: threadMs() - cpuMs });
    }
  } finally {
    await generation.close();
  }
  return steps;
}

/** Processor time of this thread so far (Linux), milliseconds: what others do on a shared machine does not count. */
function threadMs() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
