import type { TinyModel } from './tiny-model.ts';

/** Rows of one hook point or of the logits, position by position. */
export type Rows = number[][];

/** Changes the rows of a hook point; the tests' statement of what an edit means. */
export type ReferenceEdit = (hookPoint: string, rows: Rows) => Rows;

/** Everything that one context computes. */
export interface ReferenceRun {
  hooks: ReadonlyMap<string, Rows>;
  logits: Rows;
}

/** Runs one context through a model of Llama's kind, or Gemma 1, in plain f64, loop by loop: slow, and independent of the graphs. */
export function runReference(
  model: TinyModel,
  tokens: readonly number[],
  edit?: ReferenceEdit,
): ReferenceRun {
  const { config } = model;
  const hooks = new Map<string, Rows>();
  const at = (layer: number, kind: string, rows: Rows): Rows => {
    const name = `blocks.${layer}.${kind}`;
    const edited = edit?.(name, rows) ?? rows;
    hooks.set(name, edited);
    return edited;
  };
  const embedding = weight(model, 'model.embed_tokens.weight');
  const scale = isGemma(model) ? Math.sqrt(config.hidden_size) : 1;
  let x = tokens.map((id) => row(embedding, id, config.hidden_size).map((value) => value * scale));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    x = at(layer, 'hook_resid_pre', x);
    const h1 = at(layer, 'ln1.hook_normalized', normalize(model, x));
    const read = weighted(model, `${prefix}input_layernorm.weight`, h1);
    const attention = attend(model, prefix, { rows: read, at: (kind, rows) => at(layer, kind, rows) });
    x = at(layer, 'hook_resid_mid', add(x, at(layer, 'hook_attn_out', attention)));
    const h2 = at(layer, 'ln2.hook_normalized', normalize(model, x));
    const h = weighted(model, `${prefix}post_attention_layernorm.weight`, h2);
    const gate = linear(model, `${prefix}mlp.gate_proj`, h);
    const up = linear(model, `${prefix}mlp.up_proj`, h);
    const activate = isGemma(model) ? geluTanh : silu;
    const inner = gate.map((values, t) => values.map((g, i) => activate(g) * up[t]![i]!));
    const neurons = at(layer, 'mlp.hook_post', inner);
    const mlpOut = at(layer, 'hook_mlp_out', linear(model, `${prefix}mlp.down_proj`, neurons));
    x = at(layer, 'hook_resid_post', add(x, mlpOut));
  }
  const unembedding = config.tie_word_embeddings ? 'model.embed_tokens' : 'lm_head';
  return {
    hooks,
    logits: linear(model, unembedding, weighted(model, 'model.norm.weight', normalize(model, x))),
  };
}

function isGemma({ config }: TinyModel): boolean {
  return config.model_type === 'gemma';
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function weight(model: TinyModel, name: string): Float32Array {
  return model.tensors.get(name)!;
}

function row(matrix: Float32Array, index: number, width: number): number[] {
  return [...matrix.subarray(index * width, (index + 1) * width)];
}

function add(a: Rows, b: Rows): Rows {
  return a.map((values, t) => values.map((value, i) => value + b[t]![i]!));
}

/** RMSNorm before its weight. */
function normalize(model: TinyModel, rows: Rows): Rows {
  return rows.map((values) => {
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    return values.map((value) => value / Math.sqrt(square + model.config.rms_norm_eps));
  });
}

function weighted(model: TinyModel, name: string, rows: Rows): Rows {
  const scale = weight(model, name);
  const offset = isGemma(model) ? 1 : 0;
  return rows.map((values) => values.map((value, i) => value * (offset + scale[i]!)));
}

function linear(model: TinyModel, name: string, rows: Rows): Rows {
  const matrix = weight(model, `${name}.weight`);
  const bias = model.tensors.get(`${name}.bias`);
  return rows.map((values) =>
    Array.from({ length: matrix.length / values.length }, (_, out) =>
      values.reduce((sum, value, i) => sum + value * matrix[out * values.length + i]!, bias?.[out] ?? 0),
    ),
  );
}

function attend(
  model: TinyModel,
  prefix: string,
  { rows, at }: { rows: Rows; at: (kind: string, rows: Rows) => Rows },
): Rows {
  const { config } = model;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads } = config;
  const d_head = config.head_dim ?? config.hidden_size / heads;
  const project = (name: string) =>
    at(`attn.hook_${name}`, linear(model, `${prefix}self_attn.${name}_proj`, rows));
  const q = project('q').map((values, t) => rotate(values, t, d_head, config.rope_theta));
  const k = project('k').map((values, t) => rotate(values, t, d_head, config.rope_theta));
  const v = project('v');
  const mixed = q.map((query, t) => {
    const out: number[] = [];
    for (let head = 0; head < heads; head++) {
      const kv = Math.floor(head / (heads / kvHeads)) * d_head;
      const scores = Array.from({ length: t + 1 }, (_, s) => {
        let sum = 0;
        for (let i = 0; i < d_head; i++) sum += query[head * d_head + i]! * k[s]![kv + i]!;
        return Math.exp(sum / Math.sqrt(d_head));
      });
      const total = scores.reduce((sum, score) => sum + score, 0);
      for (let i = 0; i < d_head; i++)
        out.push(scores.reduce((sum, score, s) => sum + (score / total) * v[s]![kv + i]!, 0));
    }
    return out;
  });
  return linear(model, `${prefix}self_attn.o_proj`, at('attn.hook_z', mixed));
}

/** Rotary embedding, the two halves of each head being the real and the imaginary part. */
function rotate(values: number[], position: number, d_head: number, theta: number): number[] {
  const out = [...values];
  const half = d_head / 2;
  for (let start = 0; start < values.length; start += d_head)
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** ((-2 * i) / d_head);
      const [re, im] = [values[start + i]!, values[start + half + i]!];
      out[start + i] = re * Math.cos(angle) - im * Math.sin(angle);
      out[start + half + i] = im * Math.cos(angle) + re * Math.sin(angle);
    }
  return out;
}
