import { type Clients, formatNumberOf, type Invocation, type Stage } from '@facet/console';
import type { SaeEvaluation, TrainingRun } from '@facet/contracts';
import { type FacetErrorKind, isFacetError } from '@facet/errors';
import { evaluateSae } from './evaluate.ts';

/** How the SAEs of a sweep are measured once they are trained. */
export interface MeasureOptions {
  /** Runs the model through the SAEs; else training's own held-out metrics are all there is. */
  model: boolean;
  /** Most tokens to measure; 0: the service's default. */
  maxTokens: number;
}

/** What keeps the model from being asked, but not the sweep from being reported. */
const WITHOUT_MODEL: ReadonlySet<FacetErrorKind> = new Set(['unavailable', 'not-found', 'precondition']);

/**
 * Evaluates every published SAE of a sweep on rows of its first activation set that training held out, one after
 * another. Where the model cannot be asked, says why and gives nothing, so that all SAEs are compared on the same tokens.
 */
export async function evaluateMembers(
  clients: Clients,
  { spec, members }: TrainingRun,
  { model, maxTokens }: MeasureOptions,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<Map<string, SaeEvaluation>> {
  const evaluations = new Map<string, SaeEvaluation>();
  if (!model) return evaluations;
  const saes = members.flatMap(({ sae, error }) => (error ? [] : [sae]));
  const request = { activationSet: spec?.activationSets[0] ?? '', maxTokens };
  const stage = progress.stage('evaluate');
  try {
    for (const [i, name] of saes.entries()) {
      const onProgress = showIn(stage, `${name}, SAE ${i + 1} of ${saes.length}`);
      evaluations.set(name, await evaluateSae(clients, { ...request, name }, { signal, onProgress }));
    }
    stage.done(formatNumberOf(saes.length, 'SAE'));
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    if (signal.aborted || !isFacetError(error) || !WITHOUT_MODEL.has(error.kind)) throw error;
    progress.note(`ce_recovered is not measured: ${error.message}`);
    return new Map();
  }
  const reason = [...evaluations.values()].find(({ modelAbsentReason }) => modelAbsentReason !== '');
  if (reason) progress.note(`ce_recovered is not measured: ${reason.modelAbsentReason}`);
  return evaluations;
}

function showIn(stage: Stage, detail: string): (progress: Parameters<Stage['update']>[0]) => void {
  return (progress) => stage.update({ ...progress, detail });
}
