import { FacetError, quote } from '@facet/errors';

/**
 * How other programs spell the hook points of a block, and which of ours they are: TransformerLens's names of every age (`hook_z` without
 * `attn.`, and the `hook_in` and `hook_out` of its bridge), on which SAELens's configurations lean.
 */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  hook_resid_pre: ['hook_in'],
  'ln1.hook_normalized': [],
  'attn.hook_q': ['hook_q', 'attn.q.hook_out'],
  'attn.hook_k': ['hook_k', 'attn.k.hook_out'],
  'attn.hook_v': ['hook_v', 'attn.v.hook_out'],
  'attn.hook_z': ['hook_z', 'attn.o.hook_in'],
  hook_attn_out: ['attn.hook_out', 'attn.hook_attn_out'],
  attn_added: [],
  hook_resid_mid: ['ln2.hook_in'],
  'ln2.hook_normalized': [],
  'mlp.hook_post': ['hook_mlp_post', 'hook_post', 'mlp.out.hook_in'],
  hook_mlp_out: ['mlp.hook_out', 'mlp.hook_mlp_out'],
  mlp_added: [],
  hook_resid_post: ['hook_out'],
};

const BY_SPELLING = new Map(
  Object.entries(KINDS).flatMap(([kind, others]) => [kind, ...others].map((name) => [name, kind] as const)),
);

/** Modules of Hugging Face models by what they give out, or take in, and the hook points that this is. */
const MODULES: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^(output)?$/, 'hook_resid_post'],
  [/^input$/, 'hook_resid_pre'],
  [/^(self_attn|attn|attention)(\.output)?$/, 'hook_attn_out'],
  [/^self_attn\.q_proj(\.output)?$/, 'attn.hook_q'],
  [/^self_attn\.k_proj(\.output)?$/, 'attn.hook_k'],
  [/^self_attn\.v_proj(\.output)?$/, 'attn.hook_v'],
  [
    /^(self_attn\.(o_proj|dense)|attn\.c_proj|attention\.dense|attn\.attention\.out_proj)\.input$/,
    'attn.hook_z',
  ],
  [/^mlp(\.output)?$/, 'hook_mlp_out'],
  [/^mlp\.(down_proj|c_proj|dense_4h_to_h|fc2)\.input$/, 'mlp.hook_post'],
];
/** What models with norms behind attention and MLP have instead, where hook points stand behind those norms (Gemma 2 and 3). */
const NORMED_MODULES: typeof MODULES = [
  [/^post_attention_layernorm\.output$/, 'hook_attn_out'],
  [/^post_feedforward_layernorm\.output$/, 'hook_mlp_out'],
];
const BEFORE_NORMS: ReadonlySet<string> = new Set(['hook_attn_out', 'hook_mlp_out']);

/** Names of dictionary_learning's own scripts, which say what a module gives out. */
const SUBMODULES: typeof MODULES = [
  [/^resid_post(?:_layer_(\d{1,4}))?$/, 'hook_resid_post'],
  [/^resid_pre(?:_layer_(\d{1,4}))?$/, 'hook_resid_pre'],
  [/^resid_mid(?:_layer_(\d{1,4}))?$/, 'hook_resid_mid'],
  [/^mlp(?:_out)?(?:_layer_(\d{1,4}))?$/, 'hook_mlp_out'],
  [/^(?:attn|attention)(?:_out)?(?:_layer_(\d{1,4}))?$/, 'hook_attn_out'],
];

/**
 * Finds our name of the hook point that a configuration or a caller calls `name`; `source` names the SAE. Throws `unimplemented` for places
 * that are no hook points here, with those that are.
 */
export function resolveHookName(name: string, source: string): string {
  const [, layer, spelling = ''] = /^blocks\.(\d{1,4})\.(.+)$/.exec(name.trim()) ?? [];
  const kind = BY_SPELLING.get(spelling);
  if (kind !== undefined) return `blocks.${Number(layer)}.${kind}`;
  const module = hookPointOfModule(name.trim());
  if (module !== undefined) return module;
  throw new FacetError(
    'unimplemented',
    `${source} reads ${quote(name)}, which is no hook point here; hook points are blocks.L. and one of ${Object.keys(KINDS).join(', ')}`,
    { field: 'hook_point', reason: 'UNKNOWN_HOOK_POINT' },
  );
}

/** Whether SAELens's or TransformerLens's `name` is what the heads give, `attn.hook_z`. */
export function isHeadOutput(name: unknown): boolean {
  return typeof name === 'string' && BY_SPELLING.get(name.replace(/^blocks\.\d+\./, '')) === 'attn.hook_z';
}

export interface ModuleOptions {
  /** Whether the model has norms behind attention and MLP, before what they give is added. @default false */
  hasPostNorms?: boolean;
}

/** Finds the hook point that a Hugging Face module is, such as `model.layers.5.mlp.down_proj.input`; undefined where it is none. */
export function hookPointOfModule(
  path: string,
  { hasPostNorms = false }: ModuleOptions = {},
): string | undefined {
  const [, layer, rest = ''] = MODULE_PATH.exec(path) ?? [];
  if (layer === undefined) return undefined;
  const plain = kindOf(rest, MODULES);
  const kind = hasPostNorms
    ? (kindOf(rest, NORMED_MODULES) ?? (plain !== undefined && BEFORE_NORMS.has(plain) ? undefined : plain))
    : plain;
  return kind && `blocks.${Number(layer)}.${kind}`;
}

/** Finds the hook point that dictionary_learning's scripts call `name` (`resid_post_layer_8`) at `layer`; undefined where it is none. */
export function hookPointOfSubmodule(name: string, layer: number | undefined): string | undefined {
  const kind = kindOf(name, SUBMODULES);
  return kind && layer !== undefined ? `blocks.${layer}.${kind}` : undefined;
}

const MODULE_PATH =
  /^(?:(?:model|language_model|text_model|transformer|gpt_neox)\.)*(?:layers|h)\.(\d{1,4})(?:\.(.+))?$/;

function kindOf(name: string, table: typeof MODULES): string | undefined {
  return table.find(([pattern]) => pattern.test(name))?.[1];
}
