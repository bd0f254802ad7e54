import { join } from 'node:path';
import {
  type Action,
  type Column,
  formatSeconds,
  formatShare,
  renderTable,
  writeReport,
} from '@facet/console';
import { LAB_HOOK_POINT, withLab } from '../../landmarks/lab.ts';
import { trainedSae } from '../../landmarks/train-sae.ts';
import { BRIDGE } from '../../landmarks/world.ts';
import type { ExperimentOptions } from '../definition.ts';
import { medianF1, resultOf, type Specificity } from './findings.ts';
import {
  type ConceptResult,
  GROUPS,
  type HeldOutDetection,
  type LanguageResult,
  measureSpecificity,
} from './measure.ts';
import { specificityPage } from './report.ts';

/** Tokens on which detectors are chosen, and on which they are measured. */
const CHOICE_TOKENS = 250_000;
const HELD_OUT_TOKENS = 150_000;
/** Draw of the corpus on which detectors are chosen: not the one that the SAE was trained on. */
const CHOICE_DRAW = 1;

/** Experiment 1: does a feature fire where its concept is meant, and nowhere else? (Templeton et al. 2024). */
export const runSpecificity: Action<ExperimentOptions> = async (invocation, options) => {
  const started = performance.now();
  const measured = await withLab(options, invocation, async (lab) => {
    const sae = trainedSae(await lab.sae());
    const train = lab.corpus('train', CHOICE_TOKENS, CHOICE_DRAW);
    const heldOut = lab.corpus('heldout', HELD_OUT_TOKENS);
    const stage = invocation.progress.stage('measure');
    const input = { ...sae, train, heldOut, hookPoint: LAB_HOOK_POINT };
    const { concepts, bridgeByLanguage } = await measureSpecificity(lab, input, invocation.signal);
    stage.done(`${concepts.length} concepts`);
    const [choiceTokens, heldOutTokens] = [train, heldOut].map(({ truth }) => truth.tokenIds.length);
    const { dSae, k } = sae;
    return {
      hookPoint: LAB_HOOK_POINT,
      dSae,
      k,
      choiceTokens,
      heldOutTokens,
      results: concepts,
      bridgeByLanguage,
    };
  });
  const result = { ...measured, seed: options.seed, seconds: (performance.now() - started) / 1000 };
  const path = await writeReport(join(options.out, 'specificity.html'), await specificityPage(result));
  return { text: render(result, path), json: specificityJson(result, path) };
};

const share = (value: number) => formatShare(value);
const COLUMNS: readonly Column<ConceptResult>[] = [
  { title: 'concept', cell: ({ concept }) => concept },
  { title: 'feature', cell: ({ feature }) => String(feature), align: 'right' },
  { title: 'precision', cell: ({ sae }) => share(sae.precision), align: 'right' },
  { title: 'recall', cell: ({ sae }) => share(sae.recall), align: 'right' },
  { title: 'F1', cell: ({ sae }) => share(sae.f1), align: 'right' },
  ...GROUPS.map((group) => ({
    title: group,
    cell: ({ sae }: ConceptResult) =>
      sae.groups[group].mentions === 0 ? '–' : share(sae.groups[group].recall),
    align: 'right' as const,
  })),
  { title: 'direction', cell: ({ direction }) => share(direction.f1), align: 'right' },
  { title: 'neuron', cell: ({ neuron }) => share(neuron.f1), align: 'right' },
  { title: 'random SAE', cell: ({ randomSae }) => share(randomSae.f1), align: 'right' },
];

function render(result: Specificity, path: string): string {
  const { results, heldOutTokens, hookPoint, dSae, k, seconds } = result;
  const medians = (['sae', 'direction', 'neuron', 'randomSae'] as const).map((kind) =>
    medianF1(results, kind),
  );
  return [
    renderTable(results, COLUMNS),
    `The bridge's mentions, language by language, with the feature that is best for each: ${result.bridgeByLanguage.map(describeLanguage).join('; ')}.`,
    `Columns name to zh: recall of those mentions. direction, neuron, random SAE: F1 of the best of each.`,
    `Median F1 over ${results.length} concepts on ${heldOutTokens} held-out tokens at ${hookPoint} (d_sae ${dSae}, k ${k}): ` +
      `features ${share(medians[0])}, directions ${share(medians[1])}, neurons ${share(medians[2])}, random SAE ${share(medians[3])}. ` +
      `${formatSeconds(seconds)}.`,
    `Report: ${path}`,
  ].join('\n\n');
}

function describeLanguage({ language, feature, sae }: LanguageResult): string {
  return `${language} feature ${feature}, precision ${share(sae.precision)}, recall ${share(sae.recall)}`;
}

function specificityJson(result: Specificity, report: string) {
  const { results, seed, hookPoint, dSae, k, choiceTokens, heldOutTokens, seconds } = result;
  const bridge = resultOf(results, BRIDGE);
  return {
    experiment: 'specificity',
    seed: Number(seed),
    hook_point: hookPoint,
    d_sae: dSae,
    k,
    choice_tokens: choiceTokens,
    held_out_tokens: heldOutTokens,
    bridge: {
      feature: bridge.feature,
      precision: bridge.sae.precision,
      recall: bridge.sae.groups.name.recall,
      paraphrase_f1: bridge.sae.groups.paraphrase.f1,
      intervals: bridge.intervals,
      by_language: Object.fromEntries(
        result.bridgeByLanguage.map(({ language, feature, sae }) => [
          language,
          { feature, precision: sae.precision, recall: sae.recall, f1: sae.f1 },
        ]),
      ),
    },
    median_f1: medianF1(results, 'sae'),
    baselines: {
      direction: medianF1(results, 'direction'),
      neuron: medianF1(results, 'neuron'),
      random_sae: medianF1(results, 'randomSae'),
    },
    concepts: results.map(({ concept, feature, sae, direction, neuron, randomSae }) => ({
      concept,
      feature,
      ...detectionJson(sae),
      direction_f1: direction.f1,
      neuron_f1: neuron.f1,
      random_sae_f1: randomSae.f1,
    })),
    report,
    seconds,
  };
}

function detectionJson({ threshold, precision, recall, f1, trainF1, groups }: HeldOutDetection) {
  return {
    threshold,
    precision,
    recall,
    f1,
    train_f1: trainF1,
    recall_by_group: Object.fromEntries(
      GROUPS.filter((group) => groups[group].mentions > 0).map((group) => [group, groups[group].recall]),
    ),
  };
}
