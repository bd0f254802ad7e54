import { measureDoses } from './dose-texts.ts';
import { type EffectContext, judgeOf, samplingOf } from './effects.ts';
import type { Subject } from './subjects.ts';

/** Shares of the answers to questions for a concept that name it. */
export interface Removal {
  readonly questions: number;
  readonly default: number;
  /** With its feature clamped to 0. */
  readonly clamped: number;
  /** With another subject's feature clamped to 0. */
  readonly other: number;
}

/** Texts that `measureRemoval` writes for one question: by default, clamped, with the other feature clamped. */
export const TEXTS_PER_QUESTION = 3;

/** Asks for a concept by default, with its feature clamped to 0, and with the feature of another concept clamped to 0. */
export async function measureRemoval(
  context: EffectContext,
  { subject, other, questions }: { subject: Subject; other: Subject; questions: readonly string[] },
): Promise<Removal> {
  const { lab, onText, signal } = context;
  const judge = judgeOf(context, subject);
  const setting = { prompts: questions, sampling: samplingOf(context, 0), judge, onText, signal };
  const measure = ({ name }: Subject, doses: readonly number[]) =>
    measureDoses(lab.clients, { feature: name, mode: 'scale' }, { ...setting, doses });
  const [own, others] = await Promise.all([measure(subject, [0, 1]), measure(other, [0])]);
  const share = (texts: typeof own, dose: number) =>
    texts.filter((text) => text.dose === dose && text.turned).length / questions.length;
  return {
    questions: questions.length,
    default: share(own, 1),
    clamped: share(own, 0),
    other: share(others, 0),
  };
}
