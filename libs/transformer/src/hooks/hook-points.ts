import { FacetError, quote } from '@facet/errors';
import type { ModelSpec } from '../config/model-spec.ts';

/**
 * The kinds of hook point in the order in which a block computes them, in TransformerLens's names, and how wide their
 * rows are. All can be read, edited and replaced. `mlp.hook_post` are the MLP's neurons after the nonlinearity: in a
 * gated MLP act(h · W_gateᵀ) ⊙ h · W_upᵀ, the input of the down projection.
 */
const HOOK_TABLE = [
  { kind: 'hook_resid_pre', width: 'd_model' },
  { kind: 'hook_attn_out', width: 'd_model' },
  { kind: 'hook_resid_mid', width: 'd_model' },
  { kind: 'mlp.hook_post', width: 'd_mlp' },
  { kind: 'hook_mlp_out', width: 'd_model' },
  { kind: 'hook_resid_post', width: 'd_model' },
] as const;

export type HookKind = (typeof HOOK_TABLE)[number]['kind'];

/** The kinds of hook point, in the order in which a block computes them. */
export const HOOK_KINDS: readonly HookKind[] = HOOK_TABLE.map(({ kind }) => kind);

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
  const layers = Array.from({ length: spec.n_layers }, (_, layer) => layer);
  return layers.flatMap((layer) =>
    HOOK_TABLE.map(({ kind, width }) => ({
      name: hookPointName(layer, kind),
      layer,
      kind,
      width: spec[width],
    })),
  );
}

/** Names the hook point of `kind` in block `layer`. */
export function hookPointName(layer: number, kind: HookKind): string {
  return `blocks.${layer}.${kind}`;
}

/** Finds the hook point called `name`; an unknown name is `invalid` and the message names the nearest. */
export function resolveHookPoint(spec: ModelSpec, name: string): HookPoint {
  const all = hookPoints(spec);
  const found = all.find((point) => point.name === name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, all);
  throw new FacetError(
    'invalid',
    `hook point ${quote(name)} does not exist; ` +
      `the nearest is ${nearest}, and the model has blocks 0 to ${spec.n_layers - 1}`,
    { reason: 'UNKNOWN_HOOK_POINT', metadata: { nearest } },
  );
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
