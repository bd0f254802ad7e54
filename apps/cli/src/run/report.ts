import {
  formatShare,
  formatSteerMode,
  formatValue,
  type Invocation,
  renderFields,
  renderSteering,
  renderTimings,
  type StageTime,
  steeringJson,
} from '@facet/console';
import { Feature, FeatureContrast, FeatureExample } from '@facet/contracts';
import { describeEffects, renderContrasts } from '../render/contrasts.ts';
import { renderExamples } from '../render/examples.ts';
import { shellPath, shellQuote } from '../render/shell.ts';
import type { RunPlan } from './plan.ts';
import type { WayResult } from './way.ts';

/** Where the time went, and when it ended. */
export interface Spent {
  stages: readonly StageTime[];
  total: number;
}

/** Writes what a run found, for people. */
export function renderRun(
  plan: RunPlan,
  result: WayResult,
  spent: Spent,
  { palette, columns }: Pick<Invocation, 'palette' | 'columns'>,
): string {
  const { contrasts, feature, examples, steering } = result;
  const heading = (text: string) => `\n${palette.bold(text)}`;
  return [
    heading(
      `Features that tell ${quoteAll(plan.find.positiveTexts)} from ${quoteAll(plan.find.negativeTexts)}`,
    ),
    renderContrasts(contrasts, palette),
    heading(`Where ${feature.name} fires strongest`),
    palette.dim(`density ${formatShare(feature.density)}, maximum ${formatValue(feature.maxActivation)}`),
    palette.dim(`promotes ${describeEffects(feature.topEffects)}`),
    renderExamples(examples, { palette, columns }),
    heading(`Steered with ${feature.name} ${formatSteerMode(plan.steer)}`),
    renderSteering(plan.prompt, steering, { palette, columns, limit: plan.positions }),
    heading('Where the time went'),
    renderTimings(spent.stages, spent.total, palette),
    heading('To go on'),
    renderResources(plan, result, palette),
  ].join('\n');
}

function quoteAll(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(', ');
}

function renderResources(plan: RunPlan, result: WayResult, palette: Invocation['palette']): string {
  const { services } = plan;
  const up =
    services.kind === 'embedded'
      ? `facet up --model ${shellPath(services.modelDirectory)} --data-dir ${shellPath(services.dataDirectory)}`
      : '';
  const edit = `${result.feature.name}=${formatSteerMode(plan.steer)}`;
  return renderFields(
    [
      ['activation set', result.activationSet.name],
      ['sae', `saes/${plan.id}`],
      ['training run', result.trainingRun.name],
      ['indexing run', result.indexingRun.name],
      ['serve them', up],
      ['ask', `facet features show ${result.feature.name}`],
      ['steer', `facet steer --edit ${edit} --prompt ${shellQuote(plan.prompt)}`],
    ],
    palette,
  );
}

/** The same for programs. */
export function runJson(plan: RunPlan, result: WayResult, spent: Spent): unknown {
  const { activationSet, trainingRun, indexingRun, contrasts, feature, examples, steering } = result;
  return {
    id: plan.id,
    resources: {
      model: activationSet.spec?.model,
      activationSet: activationSet.name,
      trainingRun: trainingRun.name,
      sae: `saes/${plan.id}`,
      indexingRun: indexingRun.name,
    },
    dataDirectory: plan.services.kind === 'embedded' ? plan.services.dataDirectory : null,
    capture: activationSet.summary,
    training: trainingRun.evaluation,
    index: indexingRun.summary,
    contrasts: contrasts.map(FeatureContrast.toJSON),
    feature: Feature.toJSON(feature),
    examples: examples.map(FeatureExample.toJSON),
    steering: steeringJson(steering),
    seconds: {
      ...Object.fromEntries(spent.stages.map(({ stage, seconds }) => [stage, round(seconds)])),
      total: round(spent.total),
    },
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
