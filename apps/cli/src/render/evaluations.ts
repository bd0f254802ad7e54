import {
  type Column,
  type Field,
  formatCount,
  formatSeconds,
  formatShare,
  formatValue,
  type Palette,
  renderFields,
  renderTable,
} from '@facet/console';
import {
  EvaluationSelection,
  type ModelEvaluation,
  type ReconstructionEvaluation,
  type SaeEvaluation,
} from '@facet/contracts';
import { renderHistogram } from './histogram.ts';

const SELECTIONS: Readonly<Partial<Record<EvaluationSelection, string>>> = {
  [EvaluationSelection.HELD_OUT_DOCUMENTS]: 'of documents that training held out',
  [EvaluationSelection.LAST_CONTEXTS]: 'at the end of the set; what training held out is not known',
  [EvaluationSelection.FIRST_CONTEXTS]: 'from the start of the set',
};

/** Writes what was measured of an SAE: which rows, their reconstruction, and the model through the SAE. */
export function renderEvaluation(
  evaluation: SaeEvaluation,
  { palette, columns }: { palette: Palette; columns: number },
): string {
  const { reconstruction, model } = evaluation;
  const rows = renderFields(
    [...originFields(evaluation), ...reconstructionFields(reconstruction, evaluation.tokens)],
    palette,
  );
  const losses = model
    ? renderLosses(model, palette)
    : palette.dim(`the model was left out: ${evaluation.modelAbsentReason}`);
  const density = reconstruction?.density;
  const histogram = density && renderHistogram(density, columns);
  const parts = [
    rows,
    losses,
    histogram && `${palette.dim('features by log10 of their density')}\n${histogram}`,
  ];
  return parts.filter(Boolean).join('\n\n');
}

function originFields({ sae, activationSet, tokens, contexts, selection, seconds }: SaeEvaluation): Field[] {
  const where = SELECTIONS[selection] ?? '';
  return [
    ['sae', sae],
    ['measured on', activationSet],
    ['tokens', `${formatCount(tokens)} ${where}, in ${formatCount(contexts)} contexts`],
    ['time', formatSeconds(seconds)],
  ];
}

function reconstructionFields(metrics: ReconstructionEvaluation | undefined, tokens: bigint): Field[] {
  if (metrics === undefined) return [];
  const { l0, fvu, explainedVariance, deadFraction, meanCosine, meanNormRatio } = metrics;
  return [
    ['l0', formatValue(l0)],
    ['fvu', formatValue(fvu)],
    ['explained variance', formatValue(explainedVariance)],
    ['dead features', `${formatShare(deadFraction)} silent over ${formatCount(tokens)} tokens`],
    ['mean cosine', formatValue(meanCosine)],
    ['mean ‖x̂‖/‖x‖', formatValue(meanNormRatio)],
  ];
}

/** What stands in place of the model's own vectors, what it costs, and how much of it the SAE recovers. */
interface LossRow {
  vectors: string;
  loss: number;
  recovered?: number;
}

const LOSS_COLUMNS: readonly Column<LossRow>[] = [
  { title: 'vectors', cell: ({ vectors }) => vectors },
  { title: 'cross-entropy', cell: ({ loss }) => loss.toFixed(4), align: 'right' },
  {
    title: 'recovered',
    cell: ({ recovered }) => (recovered === undefined ? '' : formatShareOf(recovered)),
    align: 'right',
  },
];

function renderLosses(model: ModelEvaluation, palette: Palette): string {
  const rows: LossRow[] = [
    { vectors: "the model's own", loss: model.ceClean },
    { vectors: "the SAE's", loss: model.ceSae },
    { vectors: 'their mean', loss: model.ceMean, recovered: model.ceRecoveredMean },
    { vectors: 'zeros', loss: model.ceZero, recovered: model.ceRecoveredZero },
  ];
  const kl = `KL(model ‖ SAE) ${formatValue(model.klSae)} nats, over ${formatCount(model.tokens)} predictions`;
  return `${renderTable(rows, LOSS_COLUMNS, palette)}\n${kl}`;
}

/** A share that may also be negative or unknown. */
function formatShareOf(share: number): string {
  return Number.isNaN(share) ? 'unknown' : `${(100 * share).toFixed(2)}%`;
}
