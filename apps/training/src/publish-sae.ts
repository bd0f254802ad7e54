import { writeSaeArtifact } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import type { ObjectStore } from '@facet/objects';
import type { TrainedSae } from '@facet/sae-training';
import type { RunLease } from './run-lease.ts';
import type { Evaluation, RunRecord } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { toMetrics } from './training-evaluation.ts';
import type { TaskProgress } from './training-reports.ts';
import type { TrainingSets } from './training-sets.ts';

/** Who publishes, and where. */
export interface Publisher {
  store: ObjectStore;
  runs: RunStore;
  record: RunRecord;
  lease: RunLease;
  signal: AbortSignal;
  onProgress: (progress: TaskProgress) => void;
}

export interface Publication {
  sets: TrainingSets;
  trained: TrainedSae;
  evaluation: Evaluation;
}

/**
 * Publishes the SAE of a run. Publishing is claimed first, so that of a cancellation and a publication one wins; a
 * worker that was taken over publishes nothing. Throws `cancelled` where the cancellation won.
 */
export async function publishSae(
  { store, runs, record, lease, signal, onProgress }: Publisher,
  { sets, trained, evaluation }: Publication,
): Promise<void> {
  if (signal.aborted || (await runs.record(record.id)).uid !== record.uid) throw cancelled(record);
  await runs.writeEvaluation(record.id, evaluation);
  const claim = await runs.claim(record.id, { uid: record.uid, by: 'publish' });
  if (claim.by === 'cancel') throw cancelled(record);
  await lease.requireHeld();
  const tokens = evaluation.trainedTokens;
  onProgress({ stage: 'publishing', done: tokens, total: tokens, rate: 0 });
  const { sae, sparsity } = trained;
  sae.cfg.metadata = { ...describeOrigin(sets), ...sae.cfg.metadata, training_engine: trained.config.engine };
  await writeSaeArtifact(store, record.spec.sae, sae, {
    createTime: new Date().toISOString(),
    lineage: { ...sets.lineage, saeId: record.spec.sae },
    metrics: toMetrics(evaluation),
    sparsity,
    trainingRun: `trainingRuns/${record.id}`,
  });
}

function describeOrigin({ lineage, hookPoint, contextTokens, prependBos }: TrainingSets) {
  return {
    model_name: lineage.modelId,
    hook_name: hookPoint,
    context_size: contextTokens,
    prepend_bos: prependBos,
  };
}

function cancelled({ id }: RunRecord): FacetError {
  return new FacetError('cancelled', `trainingRuns/${id} was cancelled`);
}
