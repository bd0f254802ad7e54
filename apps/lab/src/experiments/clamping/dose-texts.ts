import type { Clients } from '@facet/console';
import type { SamplingOptions } from '@facet/contracts';
import type { DoseText } from '@facet/experiments';

/** Everything that turning a feature needs beside the feature. */
export interface DoseSetting {
  readonly prompts: readonly string[];
  readonly doses: readonly number[];
  readonly sampling: Partial<SamplingOptions>;
  /** What a text says of the concept. */
  readonly judge: (text: string) => Pick<DoseText, 'turned' | 'shown'>;
  /** Told after every text. */
  readonly onText: () => void;
  readonly signal: AbortSignal;
}

/** `clampToMax`: f' = dose · maximum; `scale`: f' = dose · f, so that 1 is the default and 0 takes the feature out. */
export type DoseMode = 'clampToMax' | 'scale';

/** Has every prompt continued at every dose of a feature. */
export async function measureDoses(
  { steering }: Clients,
  { feature, mode }: { feature: string; mode: DoseMode },
  { prompts, doses, sampling, judge, onText, signal }: DoseSetting,
): Promise<DoseText[]> {
  const request = {
    prompts: [...prompts],
    edit: { feature, mode: { $case: mode, value: 1 } },
    strengths: [...doses],
    sampling,
  };
  const texts: DoseText[] = [];
  for await (const response of steering.measureDoseResponse(request, { signal })) {
    const { strength, prompt, text, meanKl, unsteeredNll, repetition, relativeDelta } = response;
    texts.push({
      dose: strength,
      prompt,
      text,
      ...judge(text),
      nll: unsteeredNll,
      kl: meanKl,
      repetition,
      relativeDelta,
    });
    onText();
  }
  return texts;
}
