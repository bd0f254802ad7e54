import type { Invocation } from '@facet/console';
import { type DoseSummary, type FluencyLimits, median, summariseDoses } from '@facet/experiments';
import type { Lab } from '../../landmarks/lab.ts';
import { askingPrompts } from './asking.ts';
import {
  type Control,
  countTexts,
  type DefaultTexts,
  type EffectContext,
  type EffectPlan,
  measureEffect,
  type SubjectEffect,
  writeDefaults,
} from './effects.ts';
import { type Prompt, unrelatedPrompts } from './prompts.ts';
import { measureRemoval, type Removal, TEXTS_PER_QUESTION } from './removal.ts';
import { findSubjects, openIndexedSae, type Subject } from './subjects.ts';

/** How large the experiment is. */
export interface ClampingPlan extends Omit<EffectPlan, 'prompts'> {
  /** Concepts that are clamped, the bridge among them. */
  readonly subjects: number;
  /** Tokens of labelled train text on which concepts are matched with features. */
  readonly labelledTokens: number;
  readonly questions: number;
  readonly openings: number;
  /** Questions that ask for each concept. */
  readonly asking: number;
}

/** The experiment as the command runs it: about four minutes on two cores. */
export const CLAMPING_PLAN: ClampingPlan = {
  subjects: 17,
  labelledTokens: 150_000,
  questions: 32,
  openings: 20,
  asking: 16,
  doses: [-1, 0, 0.5, 1, 2, 5, 10, 20],
  controlPeriod: 4,
  seeds: [2, 1],
  maxTokens: 16,
  temperature: 0.7,
};

/** Everything that was measured. */
export interface Clamping {
  readonly plan: ClampingPlan;
  readonly prompts: readonly Prompt[];
  readonly defaults: DefaultTexts & { readonly nll: number; readonly repetition: number };
  /** The bridge first. */
  readonly subjects: readonly MeasuredSubject[];
  /** By dose, over the control texts of all subjects together. */
  readonly controls: Readonly<Record<Control, readonly DoseSummary[]>>;
}

export type MeasuredSubject = SubjectEffect & { readonly removal: Removal };

/** Chooses the concepts, writes all texts and measures them. */
export async function measureClamping(
  lab: Lab,
  plan: ClampingPlan,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<Clamping> {
  const sae = await openIndexedSae(lab, signal);
  const subjects = await findSubjects(lab, sae, {
    count: plan.subjects,
    tokens: plan.labelledTokens,
    signal,
  });
  const names = subjects.map(({ concept }) => concept);
  progress.note(`clamping: ${names.join(', ')}`);
  const prompts = unrelatedPrompts(lab.tokenized, { ...plan, subjects: new Set(names), seed: lab.seed });
  const asking = askingPrompts(lab.tokenized, names, { count: plan.asking, seed: lab.seed });
  const total =
    countTexts({ ...plan, prompts }, subjects.length) +
    TEXTS_PER_QUESTION * [...asking.values()].reduce((sum, { length }) => sum + length, 0);
  const stage = progress.stage('clamp');
  const context: EffectContext = {
    lab,
    sae,
    plan: { ...plan, prompts },
    onText: counter(stage, total),
    signal,
  };
  try {
    const defaults = await writeDefaults(context, subjects[0]);
    const measured = await measureSubjects(context, { subjects, asking, defaults });
    stage.done(`${total} texts`);
    return { plan, prompts, subjects: measured, ...summarise(defaults, measured) };
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

async function measureSubjects(
  context: EffectContext,
  {
    subjects,
    asking,
    defaults,
  }: {
    subjects: readonly Subject[];
    asking: ReadonlyMap<string, readonly string[]>;
    defaults: DefaultTexts;
  },
): Promise<MeasuredSubject[]> {
  const excluded = new Set(subjects.map(({ feature }) => feature));
  const measured: MeasuredSubject[] = [];
  for (const [index, subject] of subjects.entries()) {
    const seeds = context.plan.seeds[index === 0 ? 0 : 1];
    const effect = await measureEffect(context, subject, { defaults, seeds, excluded });
    const questions = asking.get(subject.concept) ?? [];
    const other = otherOf(subjects, index);
    measured.push({ ...effect, removal: await measureRemoval(context, { subject, other, questions }) });
  }
  return measured;
}

/** The next subject of the same kind, whose feature is likeliest to fire too; the next one where there is none. */
function otherOf(subjects: readonly Subject[], index: number): Subject {
  const next = [...subjects.slice(index + 1), ...subjects.slice(0, index)];
  return next.find(({ kind }) => kind === subjects[index].kind) ?? next[0] ?? subjects[index];
}

function summarise(defaults: DefaultTexts, subjects: readonly SubjectEffect[]) {
  const { limits, texts } = defaults;
  const pooled = (control: Control) =>
    summariseDoses(
      subjects.flatMap(({ controls }) => controls[control]),
      limits,
    );
  return {
    defaults: {
      ...defaults,
      nll: median(texts.map(({ nll }) => nll)),
      repetition: median(texts.map(({ repetition }) => repetition)),
    },
    controls: {
      randomFeature: pooled('randomFeature'),
      randomDirection: pooled('randomDirection'),
    },
  };
}

/** Reports every text to the stage, with the rate since the first. */
function counter(stage: ReturnType<Invocation['progress']['stage']>, total: number): () => void {
  const started = performance.now();
  let done = 0;
  return () => {
    done++;
    const rate = (1000 * done) / (performance.now() - started);
    stage.update({ done, total, unit: 'texts', rate, etaSeconds: (total - done) / rate });
  };
}

/** Limits of a text's fluency, for people: `nll 1.9, repetition 0.2`. */
export function describeLimits({ nll, repetition }: FluencyLimits): string {
  return `${nll.toFixed(2)} nats per token, ${(100 * repetition).toFixed(0)} % of 3-grams repeated`;
}
