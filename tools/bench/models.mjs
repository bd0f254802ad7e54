// Models of true shapes with random weights: how they open, what they hold in memory, how fast they capture and decode beside
// PyTorch. `npm run bench:models [-- --json] [-- --models llama-124m,gpt2-124m,qwen-0.5b,gemma2-2b]`
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRandomCheckpoint } from './random-checkpoint.mjs';
import { report, torch } from './report.mjs';

const SCENARIO = fileURLToPath(new URL('./model-scenario.mjs', import.meta.url));
const TOKENIZER = fileURLToPath(
  new URL('../../../shared/data/models/stories260K/tokenizer.json', import.meta.url),
);

const LLAMA = {
  model_type: 'llama',
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  bos_token_id: 1,
  eos_token_id: 2,
};
/** Shapes of published models; `text`: rows and length of the texts that are captured. */
const MODELS = {
  'llama-124m': {
    dtype: 'BF16',
    text: { B: 4, T: 256 },
    config: {
      ...LLAMA,
      ...{ hidden_size: 768, intermediate_size: 2048, num_hidden_layers: 12, num_attention_heads: 12 },
      ...{
        num_key_value_heads: 12,
        vocab_size: 50_304,
        max_position_embeddings: 1024,
        tie_word_embeddings: true,
      },
    },
  },
  'gpt2-124m': {
    dtype: 'F32',
    text: { B: 4, T: 256 },
    config: {
      ...{ model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50_257 },
      ...{ layer_norm_epsilon: 1e-5, activation_function: 'gelu_new', bos_token_id: 1, eos_token_id: 2 },
    },
  },
  'qwen-0.5b': {
    dtype: 'BF16',
    text: { B: 2, T: 256 },
    config: {
      ...{
        model_type: 'qwen2',
        rms_norm_eps: 1e-6,
        rope_theta: 1e6,
        hidden_size: 896,
        intermediate_size: 4864,
      },
      ...{ num_hidden_layers: 24, num_attention_heads: 14, num_key_value_heads: 2, vocab_size: 151_936 },
      ...{ max_position_embeddings: 32_768, tie_word_embeddings: true, bos_token_id: 1, eos_token_id: 2 },
    },
  },
  'gemma2-2b': {
    dtype: 'BF16',
    text: { B: 1, T: 256 },
    config: {
      ...{
        model_type: 'gemma2',
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        hidden_size: 2304,
        intermediate_size: 9216,
      },
      ...{ num_hidden_layers: 26, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256 },
      ...{
        vocab_size: 256_000,
        max_position_embeddings: 8192,
        query_pre_attn_scalar: 256,
        sliding_window: 4096,
      },
      ...{ attn_logit_softcapping: 50, final_logit_softcapping: 30, bos_token_id: 2, eos_token_id: 1 },
    },
  },
};
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
