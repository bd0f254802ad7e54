import type { ConfigJson } from './config-reader.ts';

/** What different families and older scripts call one and the same option. */
export const SPELLINGS: readonly (readonly string[])[] = [
  ['hidden_act', 'hidden_activation', 'activation_function', 'activation'],
  ['hidden_size', 'n_embd', 'd_model', 'dim'],
  ['intermediate_size', 'n_inner', 'ffn_dim', 'd_ff', 'ffn_hidden_size'],
  ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'],
  ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'],
  ['num_key_value_heads', 'n_kv_heads', 'num_kv_heads', 'multi_query_group_num'],
  ['head_dim', 'd_head', 'kv_channels', 'attention_head_dim', 'head_size'],
  ['rms_norm_eps', 'layer_norm_eps', 'layer_norm_epsilon', 'layernorm_epsilon', 'norm_eps', 'norm_epsilon'],
  ['max_position_embeddings', 'n_positions', 'n_ctx'],
  ['rope_theta', 'rotary_emb_base', 'rotary_base', 'rope_base', 'rotary_embedding_base'],
  ['partial_rotary_factor', 'rotary_pct'],
  ['tie_word_embeddings', 'tie_embeddings', 'tie_lm_head', 'tied_embeddings'],
  ['dtype', 'torch_dtype'],
];

/** Parts that every family here has, by the names that other configurations switch them off with. */
export const ESSENTIAL =
  /^(is_|use_)?(causal(_mask|_attention)?|gated_mlp|glu|rope|rotary(_embeddings?)?|rms_?norm|pre_?norm)$/;

/** Words in the names of options, of any family of transformers 5, that change what is computed, and harmless values. */
const FOREIGN: readonly (readonly [words: RegExp, neutral: readonly unknown[]])[] = [
  [/soft_?cap|logit_cap|clip_qkv|clamp|swiglu_limit/, []],
  [
    /multiplier|scal(e|es|ing|ar)\b|scal(e|ing|ar)_|(embedding|embed|emb|logit|logits|residual|attention)_scal/,
    [1],
  ],
  [
    /qk_?(layer_?)?norm|qk_ln|(post|pre|sandwich|emb|embd|embed|embedding)_(layer)?norm|norm_(type|position|head)|normali[sz]/,
    [],
  ],
  [/expert|\bmoe\b|moe_|router|mixture|dense_replace|mlp_only/, [0]],
  [/multi_query|decoder_architecture|head_dim|head_size|proj_dim|act_fn|activation_fn/, []],
  [/skip_layer|layers?_skip|layerskip/, [0]],
  [
    /rope|rotary|rotate|alibi|nope|position_embedding_type|position_bias|relative_(attention|position|bias)/,
    [],
  ],
  [
    /window|sliding|chunk|block_sparse|sparse_|local_(attention|layers)|global_(attention|attn)|attention_types?\b/,
    [0],
  ],
  [/bias/, []],
  [/parallel_(residual|attn|attention|block)|residual_weight|hyper_connection|altup|laurel/, []],
  [/bidirectional|non_?causal|is_causal|prefix_lm|cross_attention|cross_attn|is_encoder/, [0]],
  [
    /per_layer|layer_pattern|layers?_block_type|interleave|kv_shared|share_|recurren|mamba|ssm|conv_|nextn|mtp_/,
    [0],
  ],
  [/lora|adapter|peft|prompt_tuning|prefix_tuning|steer|pruned_heads|tie_encoder/, [0]],
  [
    /logn_attn|dynamic_ntk|\bntk|temperature_tuning|yarn|attn_type|(^|_)sinks?(_|$)|latent|(^|_)mup(_|$)|dim_model_base/,
    [],
  ],
];

/** Keys that hold one of these words and change nothing in the families that are read here. */
const HARMLESS =
  /^(max|original_max|num)_position|^chunk_size_feed_forward$|^sequence_bias$|^attention_dropout$|aux_loss/;

/** Keys that every check reads for itself. */
const CHECKED = new Set([
  ...['model_type', 'architectures', 'auto_map', 'quantization_config', 'compression_config'],
  ...['sliding_window', 'use_sliding_window', 'max_window_layers', 'layer_types'],
  ...SPELLINGS.flat(),
]);

/** Keys of transformers' configurations that say how a model was made, trained or sampled, not what it computes. */
const INERT = new Set([
  ...['_name_or_path', 'name_or_path', '_commit_hash', 'transformers_version', 'transformers.js_config'],
  ...['_attn_implementation', 'attn_implementation', '_attn_implementation_autoset', '_flash_attn_2_enabled'],
  ...[
    'use_cache',
    'use_flash_attn',
    'use_cache_quantization',
    'pad_token_id',
    'unk_token_id',
    'sep_token_id',
  ],
  ...['decoder_start_token_id', 'is_decoder', 'initializer_range', 'attention_dropout', 'hidden_dropout'],
  ...['resid_pdrop', 'embd_pdrop', 'attn_pdrop', 'dropout', 'pretraining_tp', 'return_dict', 'torchscript'],
  ...[
    'output_attentions',
    'output_hidden_states',
    'output_scores',
    'return_dict_in_generate',
    'use_bfloat16',
  ],
  ...[
    'id2label',
    'label2id',
    'num_labels',
    'problem_type',
    'finetuning_task',
    'task_specific_params',
    'prefix',
  ],
  ...['tokenizer_class', 'model_max_length', 'max_sequence_length', 'original_max_position_embeddings'],
  ...['do_sample', 'temperature', 'top_k', 'top_p', 'typical_p', 'repetition_penalty', 'length_penalty'],
  ...['num_beams', 'num_beam_groups', 'num_return_sequences', 'max_length', 'min_length', 'early_stopping'],
  ...['diversity_penalty', 'no_repeat_ngram_size', 'encoder_no_repeat_ngram_size', 'bad_words_ids'],
  ...[
    'begin_suppress_tokens',
    'suppress_tokens',
    'forced_bos_token_id',
    'forced_eos_token_id',
    'sequence_bias',
  ],
  ...['remove_invalid_values', 'exponential_decay_length_penalty', 'gradient_checkpointing', 'unsloth_fixed'],
  ...[
    'unsloth_version',
    'chunk_size_feed_forward',
    'cache_implementation',
    'embedding_dropout',
    'residual_dropout',
  ],
  ...[
    'embed_dropout',
    'resid_dropout',
    'classifier_dropout',
    'hidden_dropout_prob',
    'attention_probs_dropout_prob',
  ],
  ...[
    'summary_activation',
    'summary_first_dropout',
    'summary_proj_to_labels',
    'summary_type',
    'summary_use_proj',
  ],
  ...['cross_attention_hidden_size'],
]);

/** Finds what makes `key` the name of another family's option, with the values that change nothing. */
export function foreignWords(key: string): (typeof FOREIGN)[number] | undefined {
  return FOREIGN.find(([words]) => words.test(key.toLowerCase()));
}

/** Keys that neither the family nor the list of harmless ones knows, and whose values ask for something. */
export function unreadKeys(config: ConfigJson, seen: ReadonlySet<string>): string[] {
  const known = (key: string) =>
    seen.has(key) || CHECKED.has(key) || INERT.has(key) || ESSENTIAL.test(key) || HARMLESS.test(key);
  return Object.keys(config).filter((key) => !known(key) && !isNeutral(config[key]));
}

/** A value that asks for nothing. */
function isNeutral(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '' || value === 'none')
    return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
