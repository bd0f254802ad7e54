import { describeSparsity } from '@facet/console';
import type { ModelEvaluation, SaeEvaluation, TrainingRun, TrainingSpec } from '@facet/contracts';

/** One SAE of a sweep with what was measured of it; undefined is what was not. */
export interface FrontierRow {
  /** Resource name. */
  sae: string;
  recipe: string;
  dSae: number;
  /** The setting that decides how many features fire: `k 16`. */
  sparsity: string;
  /** Why it was given up; then nothing was measured. */
  error?: string | undefined;
  l0?: number | undefined;
  fvu?: number | undefined;
  /** Tokens that l0 and fvu were measured on. */
  tokens: number;
  /** Share of features silent over the last `deadWindowTokens` tokens of training. */
  deadFraction?: number | undefined;
  deadWindowTokens: number;
  /** The model through the SAE. */
  model?: ModelEvaluation | undefined;
  /** Whether no other SAE is as sparse and as good: by fvu, and by ce_recovered of the zero ablation. */
  pareto: { fvu: boolean; ceRecovered: boolean };
}

/** The SAEs of a finished sweep in its order; `evaluations` by name, else training's own held-out metrics are taken. */
export function frontierOf(
  { spec, members }: TrainingRun,
  evaluations: ReadonlyMap<string, SaeEvaluation>,
): FrontierRow[] {
  const rows = members.map(({ sae, evaluation: trained, error }, i): FrontierRow => {
    const variant = variantOf(spec, i);
    const evaluation = evaluations.get(sae);
    const measured = evaluation?.reconstruction ?? trained;
    return {
      sae,
      recipe: variant.recipe?.$case ?? '',
      dSae: variant.dSae,
      sparsity: describeSparsity(variant.recipe),
      error: error?.message,
      l0: finite(measured?.l0),
      fvu: finite(measured?.fvu),
      tokens: Number(evaluation?.tokens ?? trained?.heldOutTokens ?? 0n),
      deadFraction: trained?.deadFraction,
      deadWindowTokens: Number(trained?.deadWindowTokens ?? 0n),
      model: evaluation?.model,
      pareto: { fvu: false, ceRecovered: false },
    };
  });
  const fvu = paretoOptimal(rows.map((row) => [row.l0, row.fvu]));
  const lost = ({ model }: FrontierRow) => finite(model && -model.ceRecoveredZero);
  const ceRecovered = paretoOptimal(rows.map((row) => [row.l0, lost(row)]));
  return rows.map((row, i) => ({ ...row, pareto: { fvu: fvu[i]!, ceRecovered: ceRecovered[i]! } }));
}

/** Tells of each point whether no other is at most as large in both numbers and smaller in one; not of those that lack one. */
export function paretoOptimal(
  points: readonly (readonly [number | undefined, number | undefined])[],
): boolean[] {
  const dominates = ([x, y]: readonly [number, number], [otherX, otherY]: readonly [number, number]) =>
    x <= otherX && y <= otherY && (x < otherX || y < otherY);
  const known = points.flatMap(([x, y]) => (x === undefined || y === undefined ? [] : [[x, y] as const]));
  return points.map(([x, y]) => {
    if (x === undefined || y === undefined) return false;
    return !known.some((other) => dominates(other, [x, y]));
  });
}

/** What a member is trained as: its variant with the spec in place of what it leaves out. */
function variantOf(spec: TrainingSpec | undefined, i: number): Pick<TrainingSpec, 'recipe' | 'dSae'> {
  const variant = spec?.variants[i];
  return { recipe: variant?.recipe ?? spec?.recipe, dSae: variant?.dSae || (spec?.dSae ?? 0) };
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
