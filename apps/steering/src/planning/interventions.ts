import type { EditRule, Intervention, Tensor } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { floatTensor } from '@facet/mesh';
import { scopeMessage } from '../edits/edit-messages.ts';
import type { FeatureEdit } from '../edits/feature-edit.ts';
import { MAX_INTERVENTIONS_BYTES, MAX_TENSOR_BYTES } from '../limits.ts';
import type { ResolvedEdit } from './plan-steering.ts';
import type { FeatureDirection, SaeDirections } from './sae-directions.ts';

/** The intervention at one hook point, and where the edits stand in it. */
export interface PlannedIntervention {
  hookPoint: string;
  /** Number of features, n: those of the edits and those that only decide. */
  features: number;
  /** Indices of the edits, each with the feature's row. */
  columns: readonly { edit: number; column: number }[];
  intervention: Intervention;
}

/**
 * Builds one intervention for every hook point, of whatever SAEs: a row for every edited feature and its rule, and a row
 * without a rule for every feature that decides for another and is not edited itself.
 */
export function planInterventions(edits: readonly ResolvedEdit[]): PlannedIntervention[] {
  const hookPoints = new Set(edits.map(({ sae }) => sae.hookPoint));
  const planned = [...hookPoints].map((hookPoint) => planHookPoint(hookPoint, edits));
  const bytes = planned.reduce((sum, { intervention }) => sum + 2 * byteLength(intervention), 0);
  if (bytes > MAX_INTERVENTIONS_BYTES) throw tooLarge('of all hook points', bytes, MAX_INTERVENTIONS_BYTES);
  return planned;
}

/** Rows of one hook point, found again by SAE and index. */
interface Rows {
  list: FeatureDirection[];
  columnOf(sae: SaeDirections, index: number): number;
}

function planHookPoint(hookPoint: string, all: readonly ResolvedEdit[]): PlannedIntervention {
  const edits = [...all.entries()].filter(([, { sae }]) => sae.hookPoint === hookPoint);
  const rows = createRows();
  const columns = edits.map(
    ([
      edit,
      {
        sae,
        edit: { feature },
      },
    ]) => {
      return { edit, column: rows.columnOf(sae, feature.index) };
    },
  );
  const rules = edits.map(([, resolved], i) => ruleOf(resolved, columns[i]!.column, rows));
  const d_in = edits[0]![1].sae.d_in;
  return {
    hookPoint,
    features: rows.list.length,
    columns,
    intervention: interventionOf(hookPoint, { rows: rows.list, d_in, rules }),
  };
}

function createRows(): Rows {
  const list: FeatureDirection[] = [];
  const columns = new Map<string, number>();
  return {
    list,
    columnOf(sae, index) {
      const key = `${sae.saeId}/${index}`;
      const known = columns.get(key);
      if (known !== undefined) return known;
      columns.set(key, list.length);
      return list.push(sae.features.get(index)!) - 1;
    },
  };
}

function ruleOf({ edit, rule, sae }: ResolvedEdit, column: number, rows: Rows): EditRule {
  return {
    feature: column,
    ...rule,
    ...gateOf(edit, sae, rows),
    ...scopeMessage(edit.scope),
    includeSpecialTokens: edit.includeSpecialTokens,
  };
}

/** A condition decides; else clamp_if_active asks the feature itself. A feature above a value ≥ 0 is active, so one gate does. */
function gateOf(
  { mode, condition }: FeatureEdit,
  sae: SaeDirections,
  rows: Rows,
): Pick<EditRule, 'gateFeature' | 'gateThreshold'> {
  if (condition !== undefined)
    return { gateFeature: rows.columnOf(sae, condition.index), gateThreshold: condition.greaterThan };
  return { gateFeature: undefined, gateThreshold: mode.kind === 'clamp_if_active' ? 0 : undefined };
}

function interventionOf(
  hookPoint: string,
  { rows, d_in, rules }: { rows: readonly FeatureDirection[]; d_in: number; rules: EditRule[] },
): Intervention {
  const n = rows.length;
  const bytes = 4 * n * d_in;
  if (bytes > MAX_TENSOR_BYTES) throw tooLarge(`of ${hookPoint}`, bytes, MAX_TENSOR_BYTES);
  return {
    hookPoint,
    encoderRows: matrix(
      rows.map(({ W_enc_row }) => W_enc_row),
      d_in,
    ),
    encoderBias: vector(rows.map(({ b_enc }) => b_enc)),
    threshold: vector(rows.map(({ threshold }) => threshold)),
    decoderRows: matrix(
      rows.map(({ W_dec_row }) => W_dec_row),
      d_in,
    ),
    rules,
  };
}

function byteLength({ encoderRows }: Intervention): number {
  return encoderRows!.data.byteLength;
}

function matrix(rows: readonly Float32Array[], d_in: number): Tensor {
  const values = new Float32Array(rows.length * d_in);
  rows.forEach((row, i) => {
    values.set(row, i * d_in);
  });
  return floatTensor(values, [rows.length, d_in]);
}

function vector(values: readonly number[]): Tensor {
  return floatTensor(Float32Array.from(values), [values.length]);
}

function tooLarge(where: string, bytes: number, limit: number): FacetError {
  return new FacetError(
    'invalid',
    `the directions ${where} take ${bytes} bytes; the limit is ${limit}: edit fewer features at once`,
    { field: 'edits', reason: 'EDITS_TOO_LARGE' },
  );
}
