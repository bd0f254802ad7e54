import type { BatchProof } from '@facet/model-runtime';
import type { InterventionPlan, Placement, Port } from './intervention-plan.ts';

/** What one intervention did at consecutive positions of one sequence; see InterventionProof of the contract. */
export interface InterventionProof {
  /** Index of the variant, context or sequence. */
  sequence: number;
  hookPoint: string;
  firstPosition: number;
  /** p */
  positions: number;
  /** n */
  features: number;
  /** [p, n] */
  fBefore: Float32Array;
  /** [p, n] */
  fAfter: Float32Array;
  /** [p] */
  deltaNorm: Float32Array;
  /** [p] */
  xNorm: Float32Array;
  /** [p], 1 where at least one rule applied. */
  edited: Uint8Array;
}

/** One row of a step that followed a variant. */
export interface ProvenRow {
  row: number;
  variant: number;
  sequence: number;
  firstPosition: number;
  /** Tokens of the row that count. */
  positions: number;
}

/** What the runtime answered in one step: T positions, a proof and a mask for every port of the plan. */
export interface StepProofs {
  plan: InterventionPlan;
  proofs: readonly BatchProof[];
  masks: ReadonlyMap<string, Float32Array>;
  /** T of the step. */
  T: number;
}

/** Cuts one row's proofs out of a step, one record for each intervention of the row's variant, in their order. */
export function proofsOf(step: StepProofs, row: ProvenRow): InterventionProof[] {
  const found: { index: number; rowProof: InterventionProof }[] = [];
  step.plan.ports.forEach((port, portIndex) => {
    for (const placement of port.placements)
      if (placement.variant === row.variant) {
        const proof = step.proofs[portIndex]!;
        const mask = step.masks.get(port.hookPoint)!;
        found.push({
          index: placement.index,
          rowProof: cut(row, placement, { port, proof, mask, T: step.T }),
        });
      }
  });
  return found.sort((a, b) => a.index - b.index).map(({ rowProof }) => rowProof);
}

/** Counts the positions at which a rule of any of the interventions applied. */
export function countEdited(proofs: readonly InterventionProof[]): number {
  const positions = proofs[0]?.positions ?? 0;
  let count = 0;
  for (let t = 0; t < positions; t++) if (proofs.some(({ edited }) => edited[t] === 1)) count++;
  return count;
}

interface PortProof {
  port: Port;
  proof: BatchProof;
  /** [B, T, N] */
  mask: Float32Array;
  T: number;
}

function cut(row: ProvenRow, placement: Placement, { port, proof, mask, T }: PortProof): InterventionProof {
  const { features } = placement.intervention;
  const start = row.row * T;
  const columns = { stride: port.features, first: placement.first, count: features };
  const rows = { start, count: row.positions };
  const fBefore = cutColumns(proof.fBefore, rows, columns);
  return {
    sequence: row.sequence,
    hookPoint: port.hookPoint,
    firstPosition: row.firstPosition,
    positions: row.positions,
    features,
    fBefore,
    fAfter: cutColumns(proof.fAfter, rows, columns),
    deltaNorm: proof.deltaNorm.slice(start, start + row.positions),
    xNorm: proof.xNorm.slice(start, start + row.positions),
    edited: appliedAt(placement, fBefore, cutColumns(mask, rows, columns)),
  };
}

function cutColumns(
  values: Float32Array,
  rows: { start: number; count: number },
  columns: { stride: number; first: number; count: number },
): Float32Array {
  const out = new Float32Array(rows.count * columns.count);
  for (let t = 0; t < rows.count; t++) {
    const from = (rows.start + t) * columns.stride + columns.first;
    out.set(values.subarray(from, from + columns.count), t * columns.count);
  }
  return out;
}

/** Marks the positions where a rule was in reach and its gate open; gates read f before any edit, as the model does. */
function appliedAt(
  { intervention: { features, rules } }: Placement,
  fBefore: Float32Array,
  mask: Float32Array,
): Uint8Array {
  const positions = fBefore.length / features;
  return Uint8Array.from({ length: positions }, (_, t) => {
    const applies = rules.some(({ feature, gateFeature, gateThreshold }) => {
      const open = fBefore[t * features + gateFeature]! > Math.fround(gateThreshold);
      return open && mask[t * features + feature] === 1;
    });
    return applies ? 1 : 0;
  });
}
