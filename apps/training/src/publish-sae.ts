import { readSaeManifest, writeSaeArtifact } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import type { TrainedSae } from '@facet/sae-training';
import type { RunLease } from './run-lease.ts';
import { hasVariants, membersOf } from './run-members.ts';
import type { Evaluation, RunRecord } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { fromMetrics, toMetrics } from './training-evaluation.ts';
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
  /** Number of the SAE among those of its run. */
  member: number;
  sets: TrainingSets;
  trained: TrainedSae;
  evaluation: Evaluation;
}

/**
 * Publishes an SAE of a run. Publishing is claimed first, once for all SAEs of the run, so that of a cancellation and a
 * publication one wins; a worker that was taken over publishes nothing. Throws `cancelled` where the cancellation won.
 */
export async function publishSae(
  { store, runs, record, lease, signal, onProgress }: Publisher,
  { member, sets, trained, evaluation }: Publication,
): Promise<void> {
  if (signal.aborted || (await runs.record(record.id)).uid !== record.uid) throw cancelled(record);
  await runs.writeEvaluation(record.id, evaluation, member);
  const claim = await runs.claim(record.id, { uid: record.uid, by: 'publish' });
  if (claim.by === 'cancel') throw cancelled(record);
  await lease.requireHeld();
  const tokens = evaluation.trainedTokens;
  onProgress({ stage: 'publishing', done: tokens, total: tokens, rate: 0 });
  const { sae, sparsity } = trained;
  sae.cfg.metadata = { ...describeOrigin(sets), ...sae.cfg.metadata, ...describeEngine(trained) };
  const { sae: id } = membersOf(record.spec)[member];
  await writeSaeArtifact(store, id, sae, {
    createTime: new Date().toISOString(),
    lineage: { ...sets.lineage, saeId: id },
    metrics: toMetrics(evaluation, { alone: !hasVariants(record.spec) }),
    sparsity,
    trainingRun: `trainingRuns/${record.id}`,
  });
}

/**
 * Finds the evaluations of SAEs that an earlier attempt of this run has published, undefined for the others; `exists`
 * where another run took one of the names.
 */
export async function publishedBefore({
  store,
  runs,
  record,
}: Pick<Publisher, 'store' | 'runs' | 'record'>): Promise<(Evaluation | undefined)[]> {
  const found: (Evaluation | undefined)[] = [];
  for (const [member, { sae: id }] of membersOf(record.spec).entries()) {
    const sae = await absentAsUndefined(() => readSaeManifest(store, id));
    const body = sae?.manifest.body;
    if (body && body.trainingRun !== `trainingRuns/${record.id}`) {
      throw new FacetError('exists', `saes/${id} exists already; choose another id or delete it first`);
    }
    found.push(body && ((await runs.evaluation(record.id, member)) ?? fromMetrics(body.metrics)));
  }
  return found;
}

function describeOrigin({ lineage, hookPoint, contextTokens, prependBos }: TrainingSets) {
  return {
    model_name: lineage.modelId,
    hook_name: hookPoint,
    context_size: contextTokens,
    prepend_bos: prependBos,
  };
}

function describeEngine({ metrics: { engine, backend } }: TrainedSae) {
  return { training_engine: engine, ...(backend !== '' && { training_backend: backend }) };
}

function cancelled({ id }: RunRecord): FacetError {
  return new FacetError('cancelled', `trainingRuns/${id} was cancelled`);
}
