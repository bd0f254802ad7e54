import { SaePublished, TrainingRunEnded } from '@facet/contracts';
import type { EventBus } from '@facet/events';
import type { RunOutcome, RunRecord } from './run-record.ts';

/** Announces what this service has done; repeated announcements of one thing count once. */
export interface RunEvents {
  runEnded(record: RunRecord, outcome: RunOutcome): Promise<void>;
  /** `trainingRun` is empty for imported SAEs. */
  saePublished(sae: { id: string; trainingRun: string; time: Date; key: string }): Promise<void>;
}

/** Publishes facet.event.v1 payloads on `facet.training.run.ended` and `facet.sae.published`. */
export function createRunEvents(bus: EventBus): RunEvents {
  return {
    async runEnded({ id, uid }, { state, time }) {
      const event = { trainingRun: `trainingRuns/${id}`, time: new Date(time), state };
      const payload = TrainingRunEnded.encode(TrainingRunEnded.fromPartial(event)).finish();
      await bus.publish('facet.training.run.ended', payload, { id: `training-run-ended-${uid}` });
    },
    async saePublished({ id, trainingRun, time, key }) {
      const event = { sae: `saes/${id}`, trainingRun, time };
      const payload = SaePublished.encode(SaePublished.fromPartial(event)).finish();
      await bus.publish('facet.sae.published', payload, { id: `sae-published-${key}` });
    },
  };
}
