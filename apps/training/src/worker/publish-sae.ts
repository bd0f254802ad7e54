import { readSaeManifest, writeSaeArtifact } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import type { TrainedSae } from '@facet/sae-training';
import type { TrainingSets } from '../rows/training-sets.ts';
import type { RunLease } from '../runs/records/run-lease.ts';
import { hasVariants, membersOf } from '../runs/records/run-members.ts';
import {
  type Evaluation,
  evaluationSchema,
  type MemberOutcome,
  type RunRecord,
} from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import { fromMetrics, toMetrics } from './training-evaluation.ts';
import type { TaskProgress } from './training-reports.ts';

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
 * Publishes an SAE of a run, and returns the evaluation that was published with it: its own, or that of a worker of this
 * run that was faster. Publishing is claimed first, once for all SAEs of the run, so that of a cancellation and a
 * publication one wins; a worker that was taken over publishes nothing. Throws `cancelled` where the cancellation won,
 * `exists` where another run or an import took the name.
 */
export async function publishSae(
  { store, runs, record, lease, signal, onProgress }: Publisher,
  { member, sets, trained, evaluation }: Publication,
): Promise<Evaluation> {
  const { id: run, uid } = record;
  if (signal.aborted || (await runs.record(run)).uid !== uid) throw cancelled(record);
  const claim = await runs.claim(run, { uid, by: 'publish' });
  if (claim.by === 'cancel' || claim.uid !== uid) throw cancelled(record);
  await lease.requireHeld();
  const tokens = evaluation.trainedTokens;
  onProgress({ stage: 'publishing', done: tokens, total: tokens, rate: 0 });
  const { sae, sparsity } = trained;
  sae.cfg.metadata = { ...describeOrigin(sets), ...sae.cfg.metadata, ...describeEngine(trained) };
  const { sae: id } = membersOf(record.spec)[member];
  const details = {
    createTime: new Date().toISOString(),
    lineage: { ...sets.lineage, saeId: id },
    metrics: toMetrics(evaluation, { alone: !hasVariants(record.spec) }),
    sparsity,
    trainingRun: `trainingRuns/${run}`,
    trainingRunUid: uid,
    evaluation,
  };
  try {
    await writeSaeArtifact(store, id, sae, details);
    return evaluation;
  } catch (error) {
    const published =
      isFacetError(error) && error.kind === 'exists' && (await findPublished(store, record, id));
    if (!published) throw error;
    return published;
  }
}

/**
 * Finds what an earlier attempt of this run has published, undefined for the other SAEs. Where another run or an import
 * took a name: an error of that SAE, or `exists` where it is the run's only one.
 */
export async function publishedBefore({
  store,
  record,
}: Pick<Publisher, 'store' | 'record'>): Promise<(MemberOutcome | undefined)[]> {
  const found: (MemberOutcome | undefined)[] = [];
  for (const { sae: id } of membersOf(record.spec)) {
    const outcome = await outcomeUnlessTaken(record, async () => {
      const evaluation = await findPublished(store, record, id);
      return evaluation && { evaluation };
    });
    found.push(outcome);
  }
  return found;
}

/** Of several SAEs of a run, one whose name is taken is given up; the others go on. */
export async function outcomeUnlessTaken<T>(
  { spec }: RunRecord,
  publish: () => Promise<T>,
): Promise<T | MemberOutcome> {
  try {
    return await publish();
  } catch (error) {
    if (!(hasVariants(spec) && isFacetError(error) && error.kind === 'exists')) throw error;
    return { error: { reason: error.reason, message: error.message } };
  }
}

/** The evaluation of the SAE that this run published under `id`; `exists` where another SAE has that name. */
async function findPublished(
  store: ObjectStore,
  { id: run, uid }: RunRecord,
  id: string,
): Promise<Evaluation | undefined> {
  const stored = await absentAsUndefined(() => readSaeManifest(store, id));
  if (!stored) return undefined;
  const { trainingRun, trainingRunUid = uid, evaluation, metrics } = stored.manifest.body;
  if (trainingRun !== `trainingRuns/${run}` || trainingRunUid !== uid)
    throw new FacetError('exists', `saes/${id} exists already; choose another id or delete it first`, {
      reason: 'SAE_EXISTS',
      metadata: { resourceType: 'Sae', resourceName: `saes/${id}` },
    });
  return evaluation === undefined ? fromMetrics(metrics) : evaluationSchema.parse(evaluation);
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
