import type { TrainingEvaluation, TrainingRun, TrainingSpec } from '@facet/contracts';
import { describeProgress, stageProgress } from '../command/progress.ts';
import type { Field } from '../text/fields.ts';
import {
  formatBytes,
  formatCount,
  formatNumberOf,
  formatSeconds,
  formatShare,
  formatValue,
} from '../text/quantities.ts';
import type { Column } from '../text/table.ts';
import { shortState } from './state.ts';

/** Columns of a list of training runs. */
export const TRAINING_RUN_COLUMNS: readonly Column<TrainingRun>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'state', cell: ({ state }) => shortState(state) },
  { title: 'sae', cell: ({ spec }) => spec?.sae ?? '' },
  { title: 'd_sae', cell: ({ spec }) => (spec?.dSae ? formatCount(spec.dSae) : ''), align: 'right' },
  {
    title: 'recipe',
    cell: ({ spec, members }) =>
      members.length > 0 ? formatNumberOf(members.length, 'SAE') : describeRecipe(spec),
  },
  { title: 'fvu', cell: ({ evaluation }) => (evaluation ? formatValue(evaluation.fvu) : ''), align: 'right' },
  {
    title: 'dead',
    cell: ({ evaluation }) => (evaluation ? formatShare(evaluation.deadFraction) : ''),
    align: 'right',
  },
];

/** What `show` says of a training run. */
export function trainingRunFields(run: TrainingRun): Field[] {
  const { name, spec, state, error, progress, evaluation, memoryPlan, createTime } = run;
  const shown = stageProgress(progress);
  return [
    ['name', name],
    ['state', shortState(state)],
    ['error', error?.message],
    ['progress', shown && describeProgress(shown)],
    ['activation sets', spec?.activationSets.join(', ')],
    ['sae', run.members.length > 0 ? formatNumberOf(run.members.length, 'SAE') : spec?.sae],
    ...memberFields(run),
    ['d_sae', spec?.dSae ? formatCount(spec.dSae) : undefined],
    ['recipe', describeRecipe(spec)],
    ['seed', spec && String(spec.seed)],
    ['engine', describeEngine(run)],
    ['memory', memoryPlan && formatBytes(memoryPlan.totalBytes)],
    ...evaluationFields(evaluation),
    ['created', createTime?.toISOString()],
  ];
}

/** The metrics of an SAE as fields. */
export function evaluationFields(evaluation: TrainingRun['evaluation']): Field[] {
  if (evaluation === undefined) return [];
  const { l0, fvu, explainedVariance, deadFraction, deadWindowTokens, heldOutTokens } = evaluation;
  return [
    ['l0', formatValue(l0)],
    ['fvu', `${formatValue(fvu)} on ${formatCount(heldOutTokens)} held-out tokens`],
    ['explained variance', formatValue(explainedVariance)],
    ['dead features', `${formatShare(deadFraction)} silent over ${formatCount(deadWindowTokens)} tokens`],
    ['left out', leftOut(evaluation)],
    ['trained on', `${formatCount(evaluation.trainedTokens)} tokens, engine ${describeEngine(evaluation)}`],
    ['time', `${formatSeconds(evaluation.secondsPerMillionTokens)} for a million tokens`],
    ...evaluation.warnings.map((warning): Field => ['warning', warning]),
  ];
}

/** What went otherwise than asked for, in a run's SAE or in several, each by its name. */
export function trainingWarnings({ evaluation, members }: TrainingRun): string[] {
  const named = members.flatMap(({ sae, evaluation }) =>
    (evaluation?.warnings ?? []).map((warning) => `${sae}: ${warning}`),
  );
  return [...(evaluation?.warnings ?? []), ...named];
}

/** Counts the tokens that were neither trained on nor measured: `512 BOS and special tokens`. */
export function leftOut({ excludedRows, outlierRows }: TrainingEvaluation): string {
  const outliers = outlierRows > 0n ? ` and ${formatNumberOf(outlierRows, 'outlier')}` : '';
  return `${formatNumberOf(excludedRows, 'BOS and special token')}${outliers}`;
}

/** Names an engine with what it runs on, where that is a choice: `tfjs (tensorflow, GPU)`. */
export function describeEngine({ engine, backend }: { engine: string; backend: string }): string {
  return backend === '' ? engine : `${engine} (${backend})`;
}

/** Names a recipe with the setting that decides how many features fire. */
export function describeRecipe(spec: Pick<TrainingSpec, 'recipe'> | undefined): string {
  const name = spec?.recipe?.$case;
  return name === undefined ? '' : `${name} ${describeSparsity(spec?.recipe)}`.trimEnd();
}

/** Names the setting that decides how many features fire; nothing where it is the recipe's default. */
export function describeSparsity(recipe: TrainingSpec['recipe']): string {
  if (recipe === undefined) return '';
  const { value } = recipe;
  if ('k' in value) return `k ${value.k}`;
  if ('targetL0' in value && value.targetL0 !== undefined) return `l0 ${value.targetL0}`;
  return value.lambda === undefined ? '' : `λ ${value.lambda}`;
}

/** The SAEs of a run that trains several, each with its settings and what came out. */
function memberFields({ spec, members }: TrainingRun): Field[] {
  return members.map(({ sae, evaluation, stepMetrics, error }, i) => {
    const { recipe, dSae = 0 } = spec?.variants[i] ?? {};
    const size = formatCount(dSae || (spec?.dSae ?? 0));
    const settings = `${describeRecipe({ recipe: recipe ?? spec?.recipe })}, d_sae ${size}`;
    const metrics = evaluation ?? stepMetrics;
    const quality = metrics && `l0 ${formatValue(metrics.l0)}, fvu ${formatValue(metrics.fvu)}`;
    const said = [settings, error?.message ?? quality].filter(Boolean).join(': ');
    return [sae, [said, ...(evaluation?.warnings ?? [])].join('; warning: ')];
  });
}
