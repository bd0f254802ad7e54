// What int8 and int4 matrices save and cost beside F32, in one run: memory, speed (random weights in true shapes), and loss (pretrained
// models on the head of TinyStories). `npm run bench:quantized [-- --json] [-- --models llama-124m,qwen-0.5b]`
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODELS } from './model-shapes.mjs';
import { writeRandomCheckpoint } from './random-checkpoint.mjs';
import { report, table } from './report.mjs';

const SCENARIO = fileURLToPath(new URL('./model-scenario.mjs', import.meta.url));
const LOSSES = fileURLToPath(new URL('./quantized-losses.mjs', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../shared/data/models/', import.meta.url));
const STORIES = fileURLToPath(new URL('../../../shared/data/text/tinystories.txt', import.meta.url));
const FORMS = [
  { form: 'F32' },
  { form: 'int8/32', quantization: { bits: 8, blockSize: 32 } },
  { form: 'int4/32', quantization: { bits: 4, blockSize: 32 } },
  { form: 'int4/128', quantization: { bits: 4, blockSize: 128 } },
];
const [PROMPT, TOKENS] = [32, 24];

const at = process.argv.indexOf('--models');
const names = at < 0 ? ['llama-124m'] : process.argv[at + 1].split(',');
const folder = await mkdtemp(join(tmpdir(), 'facet-quantized-'));
const speeds = [];
const losses = [];
try {
  for (const name of names) speeds.push(...(await measureSpeeds(name)));
  for (const directory of [`${SHARED}stories260K`, `${SHARED}tinystories-656K`])
    if (existsSync(join(directory, 'config.json'))) losses.push(...measureLosses(directory));
} finally {
  await rm(folder, { recursive: true });
}
if (losses.length > 0) table('Loss on the head of TinyStories, pretrained models', losses.map(lossRow));
report('Memory and speed, random weights', speeds.map(speedRow), { speeds, losses });

async function measureSpeeds(name) {
  if (!Object.hasOwn(MODELS, name)) throw new Error(`${name} is none of ${Object.keys(MODELS).join(', ')}`);
  const { config, dtype, text } = MODELS[name];
  const directory = join(folder, name);
  const tokenizer = await readFile(`${SHARED}stories260K/tokenizer.json`);
  const fileBytes = await writeRandomCheckpoint(directory, config, tokenizer, dtype);
  const stop = (config.num_hidden_layers ?? config.n_layer) / 2;
  const results = [];
  for (const { form, quantization } of FORMS) {
    process.stderr.write(`${name}: ${form}\n`);
    const weightCopies = join(folder, `copies-${results.length}`);
    const paths = { weightCopies, checksFile: join(folder, 'checks') };
    const scenario = {
      ...text,
      ...paths,
      stop,
      prompt: PROMPT,
      tokens: TOKENS,
      threads: cpus().length,
      quantization,
    };
    const measured = run(SCENARIO, directory, scenario);
    results.push({
      model: name,
      form,
      file_bytes: fileBytes,
      mapped_bytes: await bytesOf(weightCopies),
      ...measured,
    });
    await rm(weightCopies, { recursive: true, force: true });
  }
  await rm(directory, { recursive: true });
  return results;
}

/** Bytes of the copies in a folder; 0 where the checkpoint itself is mapped. */
async function bytesOf(copies) {
  const names = await readdir(copies).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(copies, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function measureLosses(directory) {
  return run(LOSSES, directory, { blocks: [32, 64, 128], text: STORIES, folder: join(folder, 'losses') });
}

function run(script, directory, options) {
  const flags = ['--import', 'tsx', '--conditions=facet-source'];
  const output = execFileSync(process.execPath, [...flags, script, directory, JSON.stringify(options)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(/^result (.*)$/m.exec(output)[1]);
}

function speedRow(result) {
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(0);
  return {
    model: result.model,
    weights: result.form,
    'mapped MiB': mib(result.mapped_bytes || result.file_bytes),
    'private MiB': mib(result.private_bytes),
    'open s': result.open_s.toFixed(2),
    'again s': result.second_open_s.toFixed(2),
    'decode tok/s': result.decode_tokens_per_s.toFixed(1),
    'steered tok/s': result.steered_tokens_per_s.toFixed(1),
    'capture tok/s': result.capture_tokens_per_s.toFixed(0),
    '16 tokens ms': result.short_context_ms.toFixed(0),
  };
}

function lossRow({ model, format, blockSize, meanNll, storedMeanNll, measuredTokens }) {
  const cost = meanNll - storedMeanNll;
  return {
    model,
    weights: `${format}/${blockSize}`,
    'nats/token': meanNll.toFixed(4),
    'as stored': storedMeanNll.toFixed(4),
    cost: `${cost < 0 ? '' : '+'}${cost.toFixed(4)}`,
    tokens: measuredTokens,
  };
}
