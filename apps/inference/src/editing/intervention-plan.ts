import { FacetError } from '@facet/errors';
import type { BatchIntervention } from '@facet/model-runtime';
import type { Intervention } from './interventions.ts';

/** Most different features that all variants of a request may have at one hook point: bounds the proofs in memory. */
const MAX_PORT_FEATURES = 1024;

/**
 * How the interventions of several variants become one set of features for each hook point. Variants with the same
 * features (a sweep of strengths) share them; the rest is put side by side. A row of the batch follows the rules of its
 * own variant and leaves the features of all others alone.
 */
export interface InterventionPlan {
  /** One for each hook point that any variant edits or reads. */
  ports: readonly Port[];
}

/** The features of one hook point. */
export interface Port {
  hookPoint: string;
  /** N, of all variants together. */
  features: number;
  /** [N, d], [N], [N], [N, d] */
  W_enc_rows: Float32Array;
  b_enc: Float32Array;
  threshold: Float32Array;
  W_dec_rows: Float32Array;
  placements: readonly Placement[];
}

/** Where the features of one intervention stand in its port. */
export interface Placement {
  /** Index of the variant, and of the intervention among the variant's. */
  variant: number;
  index: number;
  intervention: Intervention;
  /** Column of its first feature. */
  first: number;
}

/** Rows of a batch: the variant that each follows, null for an unedited row. */
export type RowVariants = readonly (number | null)[];

/** Plans the interventions of `variants`, each a list of checked interventions. */
export function planInterventions(variants: readonly (readonly Intervention[])[]): InterventionPlan {
  const names = new Set(variants.flatMap((list) => list.map(({ hookPoint }) => hookPoint)));
  return { ports: [...names].map((hookPoint) => planPort(hookPoint, variants)) };
}

/** Lays out the rules of every row: `BatchIntervention` without masks, whose rules are the identity but where stated. */
export function rowInterventions(
  plan: InterventionPlan,
  rows: RowVariants,
): Omit<BatchIntervention, 'mask'>[] {
  return plan.ports.map((port) => {
    const { hookPoint, W_enc_rows, b_enc, threshold, W_dec_rows, features } = port;
    const rules = identityRules(rows.length, features);
    for (const placement of port.placements)
      rows.forEach((variant, row) => {
        if (variant === placement.variant) writeRules(rules, row * features + placement.first, placement);
      });
    return { hookPoint, W_enc_rows, b_enc, threshold, W_dec_rows, ...rules };
  });
}

interface Rules {
  /** [B, N] each */
  scale: Float32Array;
  offset: Float32Array;
  gateFeature: Int32Array;
  gateThreshold: Float32Array;
}

function identityRules(rows: number, features: number): Rules {
  const length = rows * features;
  return {
    scale: new Float32Array(length).fill(1),
    offset: new Float32Array(length),
    gateFeature: Int32Array.from({ length }, (_, entry) => entry % features),
    gateThreshold: new Float32Array(length).fill(Number.NEGATIVE_INFINITY),
  };
}

function writeRules(rules: Rules, base: number, { intervention, first }: Placement): void {
  for (const rule of intervention.rules) {
    const entry = base + rule.feature;
    rules.scale[entry] = rule.scale;
    rules.offset[entry] = rule.offset;
    rules.gateFeature[entry] = first + rule.gateFeature;
    rules.gateThreshold[entry] = rule.gateThreshold;
  }
}

/** One stretch of features that variants share, and who uses it. */
interface Block {
  intervention: Intervention;
  first: number;
  users: Set<number>;
}

function planPort(hookPoint: string, variants: readonly (readonly Intervention[])[]): Port {
  const blocks: Block[] = [];
  const placements: Placement[] = [];
  let features = 0;
  variants.forEach((interventions, variant) => {
    interventions.forEach((intervention, index) => {
      if (intervention.hookPoint !== hookPoint) return;
      // Two interventions of one variant keep separate features: each has rules of its own.
      let block = blocks.find(({ users, intervention: other }) => {
        return !users.has(variant) && sameFeatures(other, intervention);
      });
      if (block === undefined) {
        block = { intervention, first: features, users: new Set() };
        blocks.push(block);
        features += intervention.features;
      }
      block.users.add(variant);
      placements.push({ variant, index, intervention, first: block.first });
    });
  });
  requireFit(hookPoint, features);
  const all = blocks.map(({ intervention }) => intervention);
  return {
    hookPoint,
    features,
    W_enc_rows: concatenate(all.map(({ W_enc_rows }) => W_enc_rows)),
    b_enc: concatenate(all.map(({ b_enc }) => b_enc)),
    threshold: concatenate(all.map(({ threshold }) => threshold)),
    W_dec_rows: concatenate(all.map(({ W_dec_rows }) => W_dec_rows)),
    placements,
  };
}

function requireFit(hookPoint: string, features: number): void {
  if (features > MAX_PORT_FEATURES)
    throw new FacetError(
      'invalid',
      `all variants together have ${features} different features at ${hookPoint}; the limit is ${MAX_PORT_FEATURES}`,
      { field: 'variants', reason: 'INVALID_INTERVENTION' },
    );
}

function sameFeatures(a: Intervention, b: Intervention): boolean {
  return (
    a.features === b.features &&
    sameBits(a.W_enc_rows, b.W_enc_rows) &&
    sameBits(a.b_enc, b.b_enc) &&
    sameBits(a.threshold, b.threshold) &&
    sameBits(a.W_dec_rows, b.W_dec_rows)
  );
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.compare(bufferOf(a), bufferOf(b)) === 0;
}

function bufferOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
