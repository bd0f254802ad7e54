import { FacetError } from '@facet/errors';

/** What tells one Llama-like family from another; everything else is read from `config.json`. */
export interface Family {
  /** Whether the q, k and v projections carry a bias. */
  qkvBias: boolean;
  /** Whether `mlp_bias` in `config.json` may give the products of the MLP biases. */
  mayHaveMlpBias: boolean;
  /** Its class with a language model head, as `architectures` names it. */
  architecture: string;
  /** Which layers a `sliding_window` is in force in: none, all, or those from `max_window_layers` on when switched on. */
  window: 'none' | 'every-layer' | 'late-layers';
  /** The window where `sliding_window` is absent; null is none. */
  defaultWindow: number | null;
  /** Key heads where `num_key_value_heads` is absent; as many as query heads where this is. */
  defaultKvHeads?: number;
}

/**
 * The model types that are read and tested; a further one is a row here and a row in the tests. Defaults are those of
 * transformers 5 (`configuration_*.py`).
 */
export const FAMILIES: Readonly<Record<string, Family>> = {
  llama: {
    qkvBias: false,
    mayHaveMlpBias: true,
    architecture: 'LlamaForCausalLM',
    window: 'none',
    defaultWindow: null,
  },
  mistral: {
    qkvBias: false,
    mayHaveMlpBias: false,
    architecture: 'MistralForCausalLM',
    window: 'every-layer',
    defaultWindow: 4096,
    defaultKvHeads: 8,
  },
  qwen2: {
    qkvBias: true,
    mayHaveMlpBias: false,
    architecture: 'Qwen2ForCausalLM',
    window: 'late-layers',
    defaultWindow: 4096,
    defaultKvHeads: 32,
  },
};

/** Looks a family up; an unknown `model_type` is `unimplemented` and the message names the supported ones. */
export function requireFamily(modelType: string, source: string): Family {
  if (Object.hasOwn(FAMILIES, modelType)) return FAMILIES[modelType]!;
  throw new FacetError(
    'unimplemented',
    `${source} has model_type ${JSON.stringify(modelType)}; ` +
      `supported are ${Object.keys(FAMILIES).join(', ')}`,
    { reason: 'MODEL_TYPE_UNSUPPORTED' },
  );
}

/** The tensors of one block in Hugging Face spelling, without the `model.layers.{L}.` before them. */
export const BLOCK_TENSORS = {
  attentionNorm: 'input_layernorm.weight',
  q: 'self_attn.q_proj.weight',
  k: 'self_attn.k_proj.weight',
  v: 'self_attn.v_proj.weight',
  o: 'self_attn.o_proj.weight',
  qBias: 'self_attn.q_proj.bias',
  kBias: 'self_attn.k_proj.bias',
  vBias: 'self_attn.v_proj.bias',
  mlpNorm: 'post_attention_layernorm.weight',
  gate: 'mlp.gate_proj.weight',
  up: 'mlp.up_proj.weight',
  down: 'mlp.down_proj.weight',
  gateBias: 'mlp.gate_proj.bias',
  upBias: 'mlp.up_proj.bias',
  downBias: 'mlp.down_proj.bias',
} as const;

export type BlockTensor = keyof typeof BLOCK_TENSORS;

export const EMBEDDING = 'model.embed_tokens.weight';
export const FINAL_NORM = 'model.norm.weight';
export const UNEMBEDDING = 'lm_head.weight';

/** Names a block's tensor in full. */
export function blockTensorName(layer: number, tensor: BlockTensor): string {
  return `model.layers.${layer}.${BLOCK_TENSORS[tensor]}`;
}
