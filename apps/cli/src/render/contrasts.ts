import { type Column, formatShare, formatValue, type Palette, printable, renderTable } from '@facet/console';
import type { Feature, FeatureContrast, VocabularyEffect } from '@facet/contracts';

/** Promoted tokens shown in a row of a table. */
const SHOWN_EFFECTS = 5;

const FEATURE_COLUMNS: readonly Column<Feature>[] = [
  { title: 'feature', cell: (feature) => String(feature.index), align: 'right' },
  { title: 'density', cell: (feature) => formatShare(feature.density), align: 'right' },
  { title: 'max', cell: (feature) => formatValue(feature.maxActivation), align: 'right' },
];

const EFFECTS_COLUMN: Column<Feature> = {
  title: 'promotes',
  cell: (feature) => describeEffects(feature.topEffects.slice(0, SHOWN_EFFECTS)),
};

const LABEL_COLUMN: Column<Feature> = { title: 'label', cell: (feature) => printable(feature.label) };

/** Columns of a table of features; the label column only where any feature has one. */
export function featureColumns(features: readonly Feature[]): Column<Feature>[] {
  const labelled = features.some((feature) => feature.label !== '');
  return [...FEATURE_COLUMNS, EFFECTS_COLUMN, ...(labelled ? [LABEL_COLUMN] : [])];
}

/** Writes features as a table. */
export function renderFeatures(features: readonly Feature[], palette: Palette): string {
  return renderTable(features, featureColumns(features), palette);
}

/** Writes a contrast search as a table: how well each feature tells the texts apart, and how often it fired on them. */
export function renderContrasts(contrasts: readonly FeatureContrast[], palette: Palette): string {
  const of = (column: Column<Feature>): Column<FeatureContrast> => ({
    ...column,
    cell: ({ feature }) => (feature ? column.cell(feature) : ''),
  });
  const [index, density, max] = FEATURE_COLUMNS.map(of);
  const columns: Column<FeatureContrast>[] = [
    index!,
    { title: 'auroc', cell: ({ auroc }) => auroc.toFixed(3), align: 'right' },
    { title: 'find', cell: sideOf('positive'), align: 'right' },
    { title: 'against', cell: sideOf('negative'), align: 'right' },
    max!,
    density!,
    of(EFFECTS_COLUMN),
  ];
  return renderTable(contrasts, columns, palette);
}

/** Mean of the largest activations on one side, and on how many of its texts the feature fired. */
function sideOf(side: 'positive' | 'negative') {
  return (contrast: FeatureContrast) =>
    `${formatValue(contrast[`${side}Mean`])} (${contrast[`${side}Fired`]} of ${contrast[`${side}Count`]})`;
}

/** Writes tokens with blanks made visible by quotes: `" dog" " cat"`. */
export function describeEffects(effects: readonly VocabularyEffect[]): string {
  return effects.map(({ text }) => JSON.stringify(printable(text))).join(' ');
}
