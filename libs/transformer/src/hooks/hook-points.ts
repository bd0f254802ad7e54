import { FacetError, quote } from '@facet/errors';
import type { ModelSpec } from '../config/model-spec.ts';

/** The kinds of hook point in TransformerLens's names, and how many floats their rows have. All can be read, edited and replaced. */
const WIDTHS = {
  /** The stream before the block. */
  hook_resid_pre: ({ d_model }) => d_model,
  /** What attention reads: a LayerNorm's result, or an RMSNorm's before its weight. */
  'ln1.hook_normalized': ({ d_model }) => d_model,
  /** Queries, keys and values of all heads, before their norms and rotation. */
  'attn.hook_q': ({ n_heads, d_head }) => n_heads * d_head,
  'attn.hook_k': ({ n_kv_heads, d_head }) => n_kv_heads * d_head,
  'attn.hook_v': ({ n_kv_heads, d_head }) => n_kv_heads * d_head,
  /** What the heads read of the values, the input of W_O. */
  'attn.hook_z': ({ n_heads, d_head }) => n_heads * d_head,
  hook_attn_out: ({ d_model }) => d_model,
  /** What the stream receives of attention, where hook_attn_out is not yet that. */
  attn_added: ({ d_model }) => d_model,
  hook_resid_mid: ({ d_model }) => d_model,
  'ln2.hook_normalized': ({ d_model }) => d_model,
  /** The MLP's neurons, the input of W_down. */
  'mlp.hook_post': ({ d_mlp }) => d_mlp,
  hook_mlp_out: ({ d_model }) => d_model,
  mlp_added: ({ d_model }) => d_model,
  hook_resid_post: ({ d_model }) => d_model,
} satisfies Record<string, (spec: ModelSpec) => number>;

export type HookKind = keyof typeof WIDTHS;

/** Every kind of hook point of any model. */
export const HOOK_KINDS = Object.keys(WIDTHS) as readonly HookKind[];

const READ: readonly HookKind[] = [
  'attn.hook_q',
  'attn.hook_k',
  'attn.hook_v',
  'attn.hook_z',
  'hook_attn_out',
];

/** The kinds of hook point that the blocks of a model have, in the order of computation. */
function hookKinds({ block, residualScale }: ModelSpec): HookKind[] {
  const isScaled = residualScale !== 1;
  const added = (kind: 'attn_added' | 'mlp_added') => (isScaled ? [kind] : []);
  const norm = (kind: 'ln1.hook_normalized' | 'ln2.hook_normalized'): HookKind => kind;
  const neurons: HookKind[] = ['mlp.hook_post', 'hook_mlp_out'];
  const [ln1, ln2] = [norm('ln1.hook_normalized'), norm('ln2.hook_normalized')];
  const inside: Record<ModelSpec['block'], HookKind[]> = {
    'pre-norm': [
      ln1,
      ...READ,
      ...added('attn_added'),
      'hook_resid_mid',
      ln2,
      ...neurons,
      ...added('mlp_added'),
    ],
    sandwich: [ln1, ...READ, 'hook_resid_mid', ln2, ...neurons],
    'post-norm': [...READ, ln1, 'attn_added', 'hook_resid_mid', ...neurons, ln2, 'mlp_added'],
    parallel: [ln1, ...READ, ln2, ...neurons],
    'parallel-shared': [ln1, ...READ, ...neurons],
  };
  return ['hook_resid_pre', ...inside[block], 'hook_resid_post'];
}

/** What attention weighs the values by: softmax(scores) [n_heads, positions] for each query. It can only be read. */
export const PATTERN = 'attn.hook_pattern';

/** What can be read of a block. */
export type ReadKind = HookKind | typeof PATTERN;

/** A named place in the model whose rows [width] can be read and edited. */
export interface HookPoint {
  /** For example `blocks.2.hook_resid_post`. */
  name: string;
  layer: number;
  kind: HookKind;
  /** Floats per position. */
  width: number;
}

/** Lists every hook point of the model in the order of computation. */
export function hookPoints(spec: ModelSpec): HookPoint[] {
  const kinds = hookKinds(spec);
  const layers = Array.from({ length: spec.n_layers }, (_, layer) => layer);
  return layers.flatMap((layer) =>
    kinds.map((kind) => ({ name: hookPointName(layer, kind), layer, kind, width: WIDTHS[kind](spec) })),
  );
}

/** Names the hook point of `kind` in block `layer`. */
export function hookPointName(layer: number, kind: ReadKind): string {
  return `blocks.${layer}.${kind}`;
}

/** Finds the hook point called `name`; an unknown name is `invalid` and the message names the nearest. */
export function resolveHookPoint(spec: ModelSpec, name: string): HookPoint {
  const all = hookPoints(spec);
  const found = all.find((point) => point.name === name);
  if (found !== undefined) return found;
  if (patternLayer(spec, name) !== undefined)
    throw new FacetError(
      'invalid',
      `hook point ${quote(name)} can only be read, by ComputeActivations: its rows have a float for every head and every position of the ` +
        'text, so nothing edits, replaces or stores them; attn.hook_z is what the heads make of it',
      { reason: 'HOOK_POINT_READ_ONLY' },
    );
  const nearest = nearestName(name, all);
  throw new FacetError(
    'invalid',
    `hook point ${quote(name)} does not exist; ` +
      `the nearest is ${nearest}, and the model has blocks 0 to ${spec.n_layers - 1}`,
    { reason: 'UNKNOWN_HOOK_POINT', metadata: { nearest } },
  );
}

/** A place that is read, and how wide its rows are. */
export interface ReadPoint {
  name: string;
  layer: number;
  /** Extents of one position's row in texts of `positions` positions: [width], or [n_heads, positions] of a pattern. */
  rowShape(positions: number): readonly number[];
}

/** Finds what `name` reads: a hook point, or the pattern of a layer's attention; an unknown name is `invalid`. */
export function resolveReadPoint(spec: ModelSpec, name: string): ReadPoint {
  const layer = patternLayer(spec, name);
  if (layer !== undefined) return { name, layer, rowShape: (positions) => [spec.n_heads, positions] };
  const point = resolveHookPoint(spec, name);
  return { name, layer: point.layer, rowShape: () => [point.width] };
}

function patternLayer({ n_layers }: ModelSpec, name: string): number | undefined {
  const layer = Number(/^blocks\.(\d{1,4})\.attn\.hook_pattern$/.exec(name)?.[1] ?? n_layers);
  return layer < n_layers && name === hookPointName(layer, PATTERN) ? layer : undefined;
}

/** Characters of a wrong name that are compared; longer names only cost time. */
const MAX_COMPARED = 64;

function nearestName(name: string, all: readonly HookPoint[]): string {
  const wanted = name.slice(0, MAX_COMPARED);
  const distances = all.map((point) => editDistance(wanted, point.name));
  return all[distances.indexOf(Math.min(...distances))]!.name;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
