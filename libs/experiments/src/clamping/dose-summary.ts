import { mean, median, quantile } from '../order-statistics.ts';

/** One text that a model wrote with a feature clamped to a dose, in multiples of the feature's maximum. */
export interface DoseText {
  readonly dose: number;
  /** Index of the prompt. */
  readonly prompt: number;
  readonly text: string;
  /** Whether it turned to the concept of the feature. */
  readonly turned: boolean;
  /** Whether it turned to the concept or shows the concept's sign, which is not a word. */
  readonly shown: boolean;
  /** Mean negative log-likelihood of its tokens under the unsteered model, nats. */
  readonly nll: number;
  /** Mean KL(default ‖ steered) over its tokens, nats. */
  readonly kl: number;
  /** Share of its token 3-grams that occurred before in it. */
  readonly repetition: number;
  /** Mean of ‖x' − x‖ / ‖x‖ over the positions that were moved; 0 where none was. */
  readonly relativeDelta: number;
}

/** Above either of these a text counts as degenerate. */
export interface FluencyLimits {
  /** Nats per token under the unsteered model. */
  readonly nll: number;
  /** Share of token 3-grams that occurred before. */
  readonly repetition: number;
}

/** What one dose does. */
export interface DoseSummary {
  readonly dose: number;
  readonly texts: number;
  /** Share of the texts that turned to the concept. */
  readonly share: number;
  /** Share of the texts that turned to the concept or show its sign. */
  readonly shownShare: number;
  /** Share of the texts that turned to the concept and keep both limits. */
  readonly fluentShare: number;
  /** Median over the texts. */
  readonly nll: number;
  /** Mean over the texts. */
  readonly kl: number;
  /** Median over the texts. */
  readonly repetition: number;
  /** Mean over the texts. */
  readonly relativeDelta: number;
  /** Whether the median nll or the median repetition is above its limit. */
  readonly degenerate: boolean;
}

/** Repetition up to this is no fault: a text of twenty tokens may say one thing twice. */
const MIN_REPETITION_LIMIT = 0.1;
/** Share of the default texts that may repeat themselves more than the limit. */
const REPETITIVE_SHARE = 0.05;

/**
 * Derives the limits from texts of the unsteered model alone. nll: what its own fluent text costs behind a prompt that it was not written
 * for (median of `mismatchedNll`): a text that changes the subject is that unlikely without being worse. Repetition: what one default
 * text in twenty exceeds, but at least a tenth.
 */
export function fluencyLimits(
  defaults: readonly Pick<DoseText, 'repetition'>[],
  mismatchedNll: readonly number[],
): FluencyLimits {
  const repetitions = defaults.map(({ repetition }) => repetition);
  const usual = quantile(repetitions, 1 - REPETITIVE_SHARE);
  return { nll: median(mismatchedNll), repetition: Math.max(MIN_REPETITION_LIMIT, usual) };
}

/** Summarises texts by dose, in ascending order of the dose. */
export function summariseDoses(texts: readonly DoseText[], limits: FluencyLimits): DoseSummary[] {
  const doses = [...new Set(texts.map(({ dose }) => dose))].sort((a, b) => a - b);
  return doses.map((dose) => {
    const all = texts.filter((text) => text.dose === dose);
    const turned = all.filter((text) => text.turned);
    const fluent = turned.filter((text) => !isAbove(text, limits));
    const typical = {
      nll: median(all.map(({ nll }) => nll)),
      repetition: median(all.map(({ repetition }) => repetition)),
    };
    return {
      dose,
      texts: all.length,
      share: turned.length / all.length,
      shownShare: all.filter(({ shown }) => shown).length / all.length,
      fluentShare: fluent.length / all.length,
      ...typical,
      kl: mean(all.map(({ kl }) => kl)),
      relativeDelta: mean(all.map(({ relativeDelta }) => relativeDelta)),
      degenerate: isAbove(typical, limits),
    };
  });
}

/** The strongest positive dose up to which no positive dose is degenerate; null where the weakest is. */
export function strongestFluentDose(summaries: readonly DoseSummary[]): number | null {
  let strongest: number | null = null;
  for (const { dose, degenerate } of [...summaries].sort((a, b) => a.dose - b.dose)) {
    if (dose <= 0) continue;
    if (degenerate) break;
    strongest = dose;
  }
  return strongest;
}

function isAbove({ nll, repetition }: Pick<DoseText, 'nll' | 'repetition'>, limits: FluencyLimits): boolean {
  return nll > limits.nll || repetition > limits.repetition;
}
