import { type DoseSummary, median } from '@facet/experiments';
import type { Clamping, MeasuredSubject } from '../measure.ts';

/** Where and how long the experiment ran. */
export interface ClampingSpent {
  seed: number;
  seconds: number;
  /** Path of the report. */
  report: string;
}

/** Writes the experiment's figures for programs; doses are keys, in multiples of the feature's maximum. */
export function clampingJson(clamping: Clamping, { seed, seconds, report }: ClampingSpent) {
  const { plan, prompts, defaults, subjects, controls } = clamping;
  const [bridge, ...others] = subjects;
  return {
    experiment: 'clamping',
    seed,
    bridge: subjectJson(bridge),
    median_share_by_dose: byDose(plan.doses, (dose) => medianOf(others, dose, 'share')),
    median_shown_share_by_dose: byDose(plan.doses, (dose) => medianOf(others, dose, 'shownShare')),
    median_fluent_share_by_dose: byDose(plan.doses, (dose) => medianOf(others, dose, 'fluentShare')),
    median_nll_by_dose: byDose(plan.doses, (dose) => medianOf(others, dose, 'nll')),
    median_removal: {
      default: medianRemoval(others, 'default'),
      clamped: medianRemoval(others, 'clamped'),
      other: medianRemoval(others, 'other'),
    },
    controls: {
      random_feature: curvesJson(controls.randomFeature),
      random_direction: curvesJson(controls.randomDirection),
    },
    default: { texts: defaults.texts.length, nll: defaults.nll, repetition: defaults.repetition },
    limits: defaults.limits,
    prompts: prompts.length,
    texts: countAll(clamping),
    concepts: subjects.map((subject) => ({
      concept: subject.subject.concept,
      kind: subject.subject.kind,
      feature: subject.subject.name,
      f1: subject.subject.f1,
      density: subject.subject.density,
      max_activation: subject.subject.maxActivation,
      ...subjectJson(subject),
    })),
    report,
    seconds,
  };
}

/** The median over subjects of what one dose does; null without subjects. */
export function medianOf(
  subjects: readonly MeasuredSubject[],
  dose: number,
  figure: 'share' | 'shownShare' | 'fluentShare' | 'nll' | 'relativeDelta',
): number | null {
  const values = subjects.flatMap(({ doses }) =>
    doses.filter((summary) => summary.dose === dose).map((summary) => summary[figure]),
  );
  return values.length === 0 ? null : median(values);
}

/** The median over subjects of a share of the answers. */
export function medianRemoval(
  subjects: readonly MeasuredSubject[],
  figure: 'default' | 'clamped' | 'other',
): number | null {
  return subjects.length === 0 ? null : median(subjects.map(({ removal }) => removal[figure]));
}

/** All texts of an experiment. */
export function countAll({ defaults, subjects }: Clamping): number {
  const own = subjects.map(
    ({ texts, controls, removal }) =>
      texts.length + controls.randomFeature.length + controls.randomDirection.length + 3 * removal.questions,
  );
  return own.reduce((sum, count) => sum + count, defaults.texts.length);
}

function subjectJson({ doses, defaultShare, strongestDose, removal }: MeasuredSubject) {
  return { default_share: defaultShare, ...curvesJson(doses), strongest_dose: strongestDose, removal };
}

function curvesJson(doses: readonly DoseSummary[]) {
  const keys = doses.map(({ dose }) => dose);
  const at = (dose: number) => doses.find((summary) => summary.dose === dose) as DoseSummary;
  return {
    share_by_dose: byDose(keys, (dose) => at(dose).share),
    shown_share_by_dose: byDose(keys, (dose) => at(dose).shownShare),
    fluent_share_by_dose: byDose(keys, (dose) => at(dose).fluentShare),
    nll_by_dose: byDose(keys, (dose) => at(dose).nll),
    repetition_by_dose: byDose(keys, (dose) => at(dose).repetition),
    kl_by_dose: byDose(keys, (dose) => at(dose).kl),
    relative_delta_by_dose: byDose(keys, (dose) => at(dose).relativeDelta),
    texts_by_dose: byDose(keys, (dose) => at(dose).texts),
  };
}

function byDose<T>(doses: readonly number[], value: (dose: number) => T): Record<string, T> {
  return Object.fromEntries(doses.map((dose) => [String(dose), value(dose)]));
}
