import { join } from 'node:path';
import {
  type Action,
  type Column,
  formatCount,
  formatSeconds,
  formatShare,
  formatValue,
  type Invocation,
  renderTable,
  writeReport,
} from '@facet/console';
import { WANTED_F1 } from '@facet/experiments';
import { conceptTruths } from '../../landmarks/concept-truths.ts';
import { type Lab, withLab } from '../../landmarks/lab.ts';
import { readRows } from '../../landmarks/rows.ts';
import type { Scaling } from './findings.ts';
import { describeProfile } from './firing-places.ts';
import { type MeasuredSize, measureSize, type ScalingData } from './measure-size.ts';
import { planScaling, type ScalingOptions, type ScalingPlan } from './plan.ts';
import { scalingPage } from './report.ts';
import { scalingJson } from './scaling-json.ts';
import { splitSizes } from './split.ts';

/** Experiment 5: what larger dictionaries find, and how features split. */
export const runScaling: Action<ScalingOptions> = async (invocation, options) => {
  const started = performance.now();
  const plan = planScaling(options);
  const measured = await withLab(options, invocation, async (lab) => {
    const data = await prepare(lab, plan, invocation);
    const sizes: MeasuredSize[] = [];
    for (const d_sae of plan.sizes) sizes.push(await measureSize(data, d_sae, invocation));
    return { sizes, splitting: splitSizes(sizes, lab.corpus('train', plan.selectionTokens).truth) };
  });
  const seconds = (performance.now() - started) / 1000;
  const scaling: Scaling = { ...measured, plan, seed: options.seed, seconds };
  const path = await writeReport(join(options.out, 'scaling.html'), await scalingPage(scaling));
  return { text: render(scaling, path), json: scalingJson(scaling, path) };
};

async function prepare(lab: Lab, plan: ScalingPlan, { signal }: Invocation): Promise<ScalingData> {
  const { world } = lab.tokenized;
  const label = async (part: 'train' | 'heldout', tokens: number) => {
    const corpus = lab.corpus(part, tokens);
    const set = await lab.activations(corpus);
    const rows = await readRows(lab.clients, set.name, corpus.truth, signal);
    return { set: set.name, labelled: { rows, truths: conceptTruths(world, corpus.truth) } };
  };
  const selection = await label('train', plan.selectionTokens);
  const heldOut = await label('heldout', plan.heldOutTokens);
  return {
    lab,
    plan,
    selection: selection.labelled,
    heldOut: heldOut.labelled,
    heldOutSet: heldOut.set,
  };
}

const right = { align: 'right' as const };

const COLUMNS: readonly Column<MeasuredSize>[] = [
  { title: 'd_sae', cell: ({ d_sae }) => formatCount(d_sae), ...right },
  { title: 'l0', cell: ({ evaluation }) => formatValue(evaluation.reconstruction!.l0), ...right },
  { title: 'fvu', cell: ({ evaluation }) => formatValue(evaluation.reconstruction!.fvu), ...right },
  { title: 'dead', cell: ({ evaluation }) => formatShare(evaluation.reconstruction!.deadFraction), ...right },
  { title: 'ce zero', cell: ({ evaluation }) => recovered(evaluation.model?.ceRecoveredZero), ...right },
  { title: 'ce mean', cell: ({ evaluation }) => recovered(evaluation.model?.ceRecoveredMean), ...right },
  { title: 'kl', cell: ({ evaluation }) => formatValue(evaluation.model?.klSae ?? 0), ...right },
  { title: `F1 ≥ ${WANTED_F1}`, cell: ({ share }) => formatShare(share.share), ...right },
  { title: 'median F1', cell: ({ share }) => formatValue(share.median), ...right },
  { title: 'training', cell: ({ seconds }) => formatSeconds(seconds), ...right },
];

function recovered(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? 'unknown' : `${(100 * share).toFixed(1)}%`;
}

function render(scaling: Scaling, path: string): string {
  const { sizes, splitting, seconds, plan } = scaling;
  const [small] = sizes;
  const largest = splitting[splitting.length - 1];
  const bridge = largest.concepts[0];
  const children = bridge.children.map(
    ({ feature, cosine, inside, profile }) =>
      `  ${largest.d_sae}/${feature}: cosine ${cosine.toFixed(2)}, ${formatShare(inside)} inside; ${describeProfile(profile)}`,
  );
  return [
    renderTable(sizes, COLUMNS),
    `Of ${small.share.concepts} concepts; k ${plan.k}, ${formatCount(small.trainedTokens)} tokens of training each.`,
    ...splitting.map(
      ({ d_sae, parents, meanChildren }) =>
        `${parents} features of ${small.d_sae} have ${meanChildren.toFixed(2)} children each among ${formatCount(d_sae)}.`,
    ),
    `Under the feature ${bridge.parent} of ${bridge.concept}:\n${children.join('\n')}`,
    `${formatSeconds(seconds)}. Report: ${path}`,
  ].join('\n\n');
}
