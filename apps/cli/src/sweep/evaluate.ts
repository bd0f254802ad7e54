import { type Clients, type StageProgress, stageProgress } from '@facet/console';
import { type EvaluateSaeRequest, SaeEvaluation } from '@facet/contracts';
import { FacetError } from '@facet/errors';

/** Who follows an evaluation, and how it is ended. */
export interface EvaluationWatch {
  signal: AbortSignal;
  onProgress(progress: StageProgress): void;
}

/** Evaluates an SAE at its service to the end; a signal that aborts ends it there too. */
export async function evaluateSae(
  clients: Clients,
  request: Partial<EvaluateSaeRequest>,
  { signal, onProgress }: EvaluationWatch,
): Promise<SaeEvaluation> {
  for await (const { event } of clients.saes.evaluateSae(request, { signal })) {
    if (event?.$case === 'evaluation') return SaeEvaluation.fromPartial(event.value);
    const progress = event?.$case === 'progress' ? stageProgress(event.value) : undefined;
    if (progress) onProgress(progress);
  }
  throw new FacetError('unavailable', `the evaluation of ${request.name} broke off; ask for it again`);
}
