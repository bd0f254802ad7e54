import type { InterventionPlan, Port, RowVariants } from './intervention-plan.ts';
import type { EditRule } from './interventions.ts';

/** The positions of one row that a step runs. */
export interface RowPositions {
  /** Context position of the row's first token in this step. */
  firstPosition: number;
  /** For every token of this step, whether it is special. Shorter than T where the row is padded. */
  special: ArrayLike<boolean | number>;
  /** Positions from here on are generated. */
  promptLength: number;
}

/** Computes, for each hook point of the plan, the mask [B, T, N]: 1 where a rule of the row's variant may apply. */
export function editMasks(
  plan: InterventionPlan,
  rows: { variants: RowVariants; positions: readonly RowPositions[] },
  T: number,
): Map<string, Float32Array> {
  const masks = plan.ports.map((port) => [port.hookPoint, portMask(port, rows, T)] as const);
  return new Map(masks);
}

/** Tells whether `rule` is for the token at `position`. */
export function ruleReaches(
  rule: EditRule,
  position: number,
  token: { generated: boolean; special: boolean },
): boolean {
  if (token.special && !rule.includeSpecialTokens) return false;
  const { scope } = rule;
  if (scope === 'all') return true;
  if (scope === 'prompt') return !token.generated;
  if (scope === 'generated') return token.generated;
  return position >= scope.start && position < scope.end;
}

function portMask(
  port: Port,
  { variants, positions }: { variants: RowVariants; positions: readonly RowPositions[] },
  T: number,
): Float32Array {
  const mask = new Float32Array(variants.length * T * port.features);
  for (const { variant, intervention, first } of port.placements)
    variants.forEach((rowVariant, row) => {
      if (rowVariant !== variant) return;
      for (const rule of intervention.rules)
        writeColumn(mask.subarray(row * T * port.features), positions[row]!, {
          rule,
          column: first + rule.feature,
          stride: port.features,
        });
    });
  return mask;
}

function writeColumn(
  mask: Float32Array,
  { firstPosition, special, promptLength }: RowPositions,
  { rule, column, stride }: { rule: EditRule; column: number; stride: number },
): void {
  for (let t = 0; t < special.length; t++) {
    const position = firstPosition + t;
    const token = { generated: position >= promptLength, special: Boolean(special[t]) };
    if (ruleReaches(rule, position, token)) mask[t * stride + column] = 1;
  }
}
