import type { SaeIdentity } from '@facet/artifacts';
import { SaeDeleted, SaePublished, TrainingMetricsRecorded, TrainingRunEnded } from '@facet/contracts';
import type { EventBus } from '@facet/events';
import { toHeldOutPoint, toPoint } from './messages/metrics-messages.ts';
import { membersOf } from './records/run-members.ts';
import type { RunOutcome, RunRecord } from './records/run-record.ts';
import type { RunMetrics } from './records/training-metrics.ts';

/** Announces what this service has done; repeated announcements of one thing count once. */
export interface RunEvents {
  runEnded(record: RunRecord, outcome: RunOutcome): Promise<void>;
  /** New points of the curves of one of a run's SAEs; the same points can come again. */
  metricsRecorded(record: RunRecord, metrics: RunMetrics, member: number): Promise<void>;
  /** `trainingRun` is empty for imported SAEs. */
  saePublished(sae: { id: string; trainingRun: string; time: Date; key: string }): Promise<void>;
  saeDeleted(sae: SaeIdentity): Promise<void>;
}

/** Publishes facet.event.v1 payloads on `facet.training.run.ended`, `facet.training.run.metrics`, `facet.sae.published` and `….deleted`. */
export function createRunEvents(bus: EventBus): RunEvents {
  return {
    async runEnded({ id, uid }, { state, time }) {
      const event = { trainingRun: `trainingRuns/${id}`, time: new Date(time), state };
      const payload = TrainingRunEnded.encode(TrainingRunEnded.fromPartial(event)).finish();
      await bus.publish('facet.training.run.ended', payload, { id: `training-run-ended-${uid}` });
    },
    async metricsRecorded({ id, uid, spec }, metrics, member) {
      const sae = `saes/${membersOf(spec)[member].sae}`;
      const event = { trainingRun: `trainingRuns/${id}`, uid, time: new Date(), sae, member };
      const points = {
        points: metrics.points.map(toPoint),
        heldOutPoints: metrics.heldOutPoints.map(toHeldOutPoint),
      };
      const payload = TrainingMetricsRecorded.encode({ ...event, ...points }).finish();
      const steps = [...metrics.points, ...metrics.heldOutPoints].map(({ step }) => step);
      const span = `${Math.min(...steps)}-${Math.max(...steps)}-${steps.length}`;
      await bus.publish('facet.training.run.metrics', payload, {
        id: `training-metrics-${uid}-${member}-${span}`,
      });
    },
    async saePublished({ id, trainingRun, time, key }) {
      const event = { sae: `saes/${id}`, trainingRun, time };
      const payload = SaePublished.encode(SaePublished.fromPartial(event)).finish();
      await bus.publish('facet.sae.published', payload, { id: `sae-published-${key}` });
    },
    async saeDeleted({ sae, sha256, manifestSha256 }) {
      const event = { sae: `saes/${sae}`, time: new Date(), saeSha256: sha256 };
      const payload = SaeDeleted.encode(SaeDeleted.fromPartial(event)).finish();
      await bus.publish('facet.sae.deleted', payload, { id: `sae-deleted-${sae}-${manifestSha256}` });
    },
  };
}
