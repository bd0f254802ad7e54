// Models of true shapes with random weights: how they open, what they hold in memory, how fast they capture and decode beside
// PyTorch. `npm run bench:models [-- --json] [-- --models llama-124m,gpt2-124m,qwen-0.5b,gemma2-2b]`
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODELS } from './model-shapes.mjs';
import { writeRandomCheckpoint } from './random-checkpoint.mjs';
import { report, torch } from './report.mjs';

const SCENARIO = fileURLToPath(new URL('./model-scenario.mjs', import.meta.url));
const TOKENIZER = fileURLToPath(
  new URL('../../../shared/data/models/stories260K/tokenizer.json', import.meta.url),
);

/** The largest is made on request only. */
const DEFAULT = ['llama-124m', 'gpt2-124m', 'qwen-0.5b'];
const [PROMPT, TOKENS] = [32, 24];

const at = process.argv.indexOf('--models');
const names = at < 0 ? DEFAULT : process.argv[at + 1].split(',');
const folder = await mkdtemp(join(tmpdir(), 'facet-models-'));
const results = [];
try {
  for (const name of names) {
    if (!Object.hasOwn(MODELS, name)) throw new Error(`${name} is none of ${Object.keys(MODELS).join(', ')}`);
    results.push(await measure(name));
  }
} finally {
  await rm(folder, { recursive: true });
}
report('Models of true shapes with random weights', results.map(row), { models: results });

async function measure(name) {
  const { config, dtype, text } = MODELS[name];
  const directory = join(folder, name);
  process.stderr.write(`${name}: writing\n`);
  const bytes = await writeRandomCheckpoint(directory, config, await readFile(TOKENIZER), dtype);
  const layers = config.num_hidden_layers ?? config.n_layer;
  const stop = layers / 2;
  const options = { ...text, stop, prompt: PROMPT, tokens: TOKENS, threads: cpus().length };
  process.stderr.write(`${name}: here\n`);
  // As in the service: a second start knows what the first one found in the files.
  const remembered = { weightCopies: join(folder, 'copies'), checksFile: join(folder, 'checks') };
  const ours = here(directory, { ...options, ...remembered });
  process.stderr.write(`${name}: PyTorch\n`);
  const output = torch('torch_model_speed.py', directory, text.B, text.T, stop, PROMPT, TOKENS);
  const peer = JSON.parse(/^result (.*)$/m.exec(output)[1]);
  await rm(directory, { recursive: true });
  return {
    model: name,
    file_bytes: bytes,
    dtype,
    ...ours,
    private_over_file: ours.private_bytes / bytes,
    rss_over_file: ours.rss_bytes / bytes,
    peer_capture_tokens_per_s: peer.capture_tokens_per_s,
    peer_decode_tokens_per_s: peer.decode_tokens_per_s,
    capture_ratio_torch_stopped: ours.capture_tokens_per_s / peer.capture_tokens_per_s,
    decode_ratio_torch_cached: ours.decode_tokens_per_s / peer.decode_tokens_per_s,
  };
}

function here(directory, options) {
  const flags = ['--import', 'tsx', '--conditions=facet-source'];
  const output = execFileSync(process.execPath, [...flags, SCENARIO, directory, JSON.stringify(options)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(/^result (.*)$/m.exec(output)[1]);
}

function row(result) {
  const number = (value, digits = 2) => value.toFixed(digits);
  return {
    model: result.model,
    'file MiB': number(result.file_bytes / 2 ** 20, 0),
    'open s': number(result.open_s),
    'again s': number(result.second_open_s),
    'first token s': number(result.first_token_s),
    'private / file': number(result.private_over_file),
    'rss / file': number(result.rss_over_file),
    'new edit ms': number(result.new_edit_layer_ms, 0),
    MiB: number(result.new_edit_layer_mib, 0),
    'capture tok/s': number(result.capture_tokens_per_s, 0),
    'PyTorch stopped': number(result.peer_capture_tokens_per_s, 0),
    ratio: number(result.capture_ratio_torch_stopped),
    'of products': number(result.products_ratio),
    'decode tok/s': number(result.decode_tokens_per_s, 1),
    'PyTorch cached': number(result.peer_decode_tokens_per_s, 1),
    ratio_: number(result.decode_ratio_torch_cached),
    'memory floor tok/s': number(result.decode_floor_tokens_per_s, 1),
    'times floor': number(result.decode_over_floor),
  };
}
