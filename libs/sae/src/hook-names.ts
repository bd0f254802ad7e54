import { FacetError, quote } from '@facet/errors';

/** Where an SAE reads, as its source spells it. */
export interface SpelledHook {
  /** For example `blocks.8.hook_resid_pre`, `model.layers.5.mlp` or `resid_post_layer_12`. */
  spelling: string;
  /** The layer that stands elsewhere in the source, for spellings without one. */
  layer?: number | undefined;
  /** What is known of the model: its `model_type`, or the name that the source has for it. */
  model?: string | undefined;
}

/** A hook point that a spelling means. */
export interface NamedHookPoint {
  /** For example `blocks.5.hook_mlp_out`. */
  hookPoint: string;
  /** What it does not hold for, where the model is not known. */
  caveat?: string | undefined;
}

/** What a spelling means: a hook point, or why it is none. */
export type HookReading = NamedHookPoint | { problem: string };

/** Model families by what their modules and norms give. `sandwich`: Gemma 2 and 3, whose parts pass a norm before they are added. */
type Kin = 'sandwich' | 'post-norm' | 'layer-norm' | 'other';

const KIN: readonly (readonly [model: RegExp, kin: Kin])[] = [
  // "gemma-2b" is the first Gemma, with two billion weights.
  [/gemma[-_]?[23](?!\d*b)/i, 'sandwich'],
  [/olmo[-_]?2/i, 'post-norm'],
  [/gpt[-_]?2|gpt[-_]?neox?|pythia|starcoder2|(^|\/)phi([-_][12].*)?$/i, 'layer-norm'],
];

function kinOf(model: string | undefined): Kin | undefined {
  if (model === undefined || model === '') return undefined;
  return KIN.find(([pattern]) => pattern.test(model))?.[1] ?? 'other';
}

/** A place in a block: its kind, by kin where families differ; null: no hook point gives that. */
type Kind = string | Partial<Record<Kin | 'unknown', string | null>>;

/** The result of attention and of the MLP: in sandwich blocks it still has to pass a norm, so there it has no hook point. */
const ATTENTION: Kind = { sandwich: null, unknown: 'hook_attn_out', ...others('hook_attn_out') };
const MLP: Kind = { sandwich: null, unknown: 'hook_mlp_out', ...others('hook_mlp_out') };

function others(kind: string | null): Partial<Record<Kin, string | null>> {
  return { 'post-norm': kind, 'layer-norm': kind, other: kind };
}

/** The kinds of hook point that models here have. */
const HOOK_KINDS = [
  ...['hook_resid_pre', 'hook_resid_mid', 'hook_resid_post', 'hook_attn_out', 'attn_added'],
  ...['attn.hook_q', 'attn.hook_k', 'attn.hook_v', 'attn.hook_z', 'hook_mlp_out', 'mlp_added'],
  ...['mlp.hook_post', 'ln1.hook_normalized', 'ln2.hook_normalized'],
];

/** TransformerLens's places, and those of its TransformerBridge and of older lists that are ours under another name. */
const LENS: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(HOOK_KINDS.map((kind) => [kind, kind])),
  hook_q: 'attn.hook_q',
  hook_k: 'attn.hook_k',
  hook_v: 'attn.hook_v',
  hook_z: 'attn.hook_z',
  hook_in: 'hook_resid_pre',
  hook_out: 'hook_resid_post',
  'attn.q.hook_out': 'attn.hook_q',
  'attn.k.hook_out': 'attn.hook_k',
  'attn.v.hook_out': 'attn.hook_v',
  'attn.o.hook_in': 'attn.hook_z',
  'attn.hook_out': ATTENTION,
  'attn.hook_attn_out': ATTENTION,
  'mlp.out.hook_in': 'mlp.hook_post',
  'mlp.hook_out': MLP,
  'mlp.hook_mlp_out': MLP,
  hook_post: 'mlp.hook_post',
  hook_mlp_post: 'mlp.hook_post',
};

/** PyTorch modules of a block, as transformers names them in its families; `''` is the block itself. */
const MODULES: readonly { names: RegExp; input?: Kind; output?: Kind }[] = [
  { names: /^$/, input: 'hook_resid_pre', output: 'hook_resid_post' },
  { names: /^(self_attn|attn|attention|attn\.attention)$/, output: ATTENTION },
  {
    names: /^(self_attn\.(o_proj|dense)|attn\.(c_proj|attention\.out_proj)|attention\.dense)$/,
    input: 'attn.hook_z',
    output: ATTENTION,
  },
  { names: /^(self_attn|attn\.attention)\.q_proj$/, output: 'attn.hook_q' },
  { names: /^(self_attn|attn\.attention)\.k_proj$/, output: 'attn.hook_k' },
  { names: /^(self_attn|attn\.attention)\.v_proj$/, output: 'attn.hook_v' },
  { names: /^mlp$/, output: MLP },
  { names: /^mlp\.(down_proj|c_proj|fc2|dense_4h_to_h)$/, input: 'mlp.hook_post', output: MLP },
  { names: /^ln_1$/, output: 'ln1.hook_normalized' },
  { names: /^ln_2$/, output: 'ln2.hook_normalized' },
  // A norm's result has its weight; hook_normalized of a LayerNorm has it too, that of an RMSNorm has not.
  { names: /^input_layernorm$/, output: { 'layer-norm': 'ln1.hook_normalized' } },
  {
    names: /^post_attention_layernorm$/,
    output: { sandwich: 'hook_attn_out', 'post-norm': 'attn_added', 'layer-norm': 'ln2.hook_normalized' },
  },
  {
    names: /^post_feedforward_layernorm$/,
    output: { sandwich: 'hook_mlp_out', 'post-norm': 'mlp_added' },
  },
];

/** Submodule names of dictionary_learning's own scripts: outputs of modules. */
const SUBMODULES: readonly (readonly [name: RegExp, kind: Kind])[] = [
  [/^resid(_post|_out)?$/, 'hook_resid_post'],
  [/^resid_pre$/, 'hook_resid_pre'],
  [/^resid_mid$/, 'hook_resid_mid'],
  [/^mlp(_out)?$/, MLP],
  [/^(attn|attention)(_out)?$/, ATTENTION],
];

const LAYER = String.raw`(\d{1,4}|\{layer\})`;
const IN_LENS = new RegExp(String.raw`^blocks\.${LAYER}\.(.+)$`);
const IN_MODULES = new RegExp(
  String.raw`^(?:(?:model|language_model|text_model|transformer|gpt_neox|base_model)\.)*(?:layers|h)\.${LAYER}(?:\.(.+))?$`,
);
const IN_SUBMODULES = /^([a-z_]+?)(?:_layer_?(\d{1,4}))?$/;

/**
 * Finds the hook point that a source means by its spelling: TransformerLens's names, modules of transformers with `.input` or
 * `.output` (a module alone is its output), and dictionary_learning's submodules. One name can mean different places in different
 * families; where no hook point gives exactly what was read, the reading says why.
 */
export function readHookName(hook: SpelledHook): HookReading {
  const { spelling } = hook;
  const place = placeOf(spelling);
  if (place === undefined) return { problem: `${quote(spelling)} is no place of a block${hintOf(spelling)}` };
  const layer = place.layer ?? hook.layer;
  if (layer === undefined) return { problem: `${quote(spelling)} names no layer` };
  const { kind } = place;
  if (kind === undefined)
    return { problem: `${quote(spelling)} is no hook point that is read here${hintOf(spelling)}` };
  if (typeof kind === 'string') return { hookPoint: `blocks.${layer}.${kind}` };
  return readByKin({ spelling, layer, kind, model: hook.model });
}

/**
 * Finds the hook point that a configuration or a caller calls by `hook`'s spelling; `source` names the SAE. Throws `unimplemented` for
 * places that are no hook points here, with those that are.
 */
export function resolveHookName(hook: SpelledHook, source: string): NamedHookPoint {
  const reading = readHookName(hook);
  if ('hookPoint' in reading) return reading;
  throw new FacetError(
    'unimplemented',
    `${source} reads ${quote(hook.spelling)}, which is no hook point here: ${reading.problem}; ` +
      `hook points are blocks.L. and one of ${HOOK_KINDS.join(', ')}`,
    { field: 'hook_point', reason: 'UNKNOWN_HOOK_POINT' },
  );
}

/** Whether SAELens's or TransformerLens's `name` is what the heads give, `attn.hook_z`. */
export function isHeadOutput(name: unknown): boolean {
  return (
    typeof name === 'string' && own(LENS, name.replace(/^blocks\.(\d+|\{layer\})\./, '')) === 'attn.hook_z'
  );
}

/** What an import tells of a reading: the hook point, the sentence of its conversion, or what is wrong with it. */
export interface ToldHook {
  hookPoint?: string | undefined;
  conversions: string[];
  hookProblem?: string | undefined;
}

/** Tells a reading of a hook point whose origin is `from`, such as `the trainer's submodule_name`. */
export function tellHook(hook: SpelledHook | undefined, from: string): ToldHook {
  if (hook === undefined) return { conversions: [] };
  const reading = readHookName(hook);
  if ('problem' in reading) return { conversions: [], hookProblem: reading.problem };
  const { hookPoint, caveat } = reading;
  const note = caveat === undefined ? '' : ` (${caveat})`;
  return { hookPoint, conversions: [`hook_name ${hookPoint} is ${from}${note}`] };
}

interface Place {
  layer?: number | undefined;
  kind?: Kind | undefined;
}

function placeOf(spelling: string): Place | undefined {
  const lens = IN_LENS.exec(spelling);
  if (lens !== null) return { layer: numberOf(lens[1]), kind: own(LENS, lens[2]!) };
  const module = IN_MODULES.exec(spelling);
  if (module !== null) return { layer: numberOf(module[1]), kind: moduleKind(module[2] ?? '') };
  const alone = own(LENS, spelling);
  if (alone !== undefined) return { kind: alone };
  const [, name, layer] = IN_SUBMODULES.exec(spelling) ?? [];
  const kind = SUBMODULES.find(([pattern]) => pattern.test(name ?? ''))?.[1];
  return kind === undefined ? undefined : { layer: numberOf(layer), kind };
}

function moduleKind(path: string): Kind | undefined {
  const [, name, side] = /^(.*?)(?:(?:^|\.)(input|output))?$/.exec(path)!;
  const module = MODULES.find(({ names }) => names.test(name!));
  return side === 'input' ? module?.input : module?.output;
}

function readByKin({
  spelling,
  layer,
  kind,
  model,
}: {
  spelling: string;
  layer: number;
  kind: Exclude<Kind, string>;
  model: string | undefined;
}): HookReading {
  const kin = kinOf(model);
  const known = kind[kin ?? 'unknown'];
  if (typeof known !== 'string') {
    const whose = kin === undefined ? 'and nothing says which model it is of' : `in ${quote(model!)}`;
    return { problem: `${quote(spelling)} is no hook point ${whose}${partHint(kind)}` };
  }
  const hookPoint = `blocks.${layer}.${known}`;
  if (kin !== undefined) return { hookPoint };
  return { hookPoint, caveat: 'not so in Gemma 2 and 3, where it still has to pass a norm' };
}

/** What to take instead where a part's result is only a hook point after its norm. */
function partHint(kind: Exclude<Kind, string>): string {
  if (kind.sandwich === null)
    return `: its result still has to pass a norm there, and ${kind.other} is what comes after`;
  return ': no hook point gives what this norm makes with its weight';
}

/** What is near to places that are none. */
const HINTS: readonly (readonly [spelling: RegExp, hint: string])[] = [
  [/embed|wte|wpe/, ': embeddings are read as blocks.0.hook_resid_pre, with positions and scale in them'],
  [/hook_pattern|hook_attn$|attn_scores/, ': patterns of attention have a row for every text length'],
  [/hook_mlp_in$/, ': its rows are those of hook_resid_mid, but only the MLP reads what is written there'],
  [
    /hook_(attn|[qkv])_in(put)?$/,
    ': its rows are those of hook_resid_pre, but only attention reads what is written there',
  ],
];

function hintOf(spelling: string): string {
  return HINTS.find(([pattern]) => pattern.test(spelling))?.[1] ?? '';
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function numberOf(layer: string | undefined): number | undefined {
  return layer === undefined || layer === '{layer}' ? undefined : Number(layer);
}
