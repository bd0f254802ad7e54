import { setTimeout as sleep } from 'node:timers/promises';
import { TrainingMetricsRecorded } from '@facet/contracts';
import type { BusEvent, EventBus } from '@facet/events';
import type { FeatureIndex, TrainingPoints } from '@facet/feature-index';
import type { Logger } from '@facet/mesh';

export interface MetricsKeeperParts {
  bus: EventBus;
  index: FeatureIndex;
  logger: Logger;
}

const SUBJECT = 'facet.training.run.metrics';
/** Every event goes to one of the subscribers of this name. */
const DURABLE = 'training-metrics';
/** Pause after ClickHouse could not be written to; the event comes again by itself. */
const RETRY_PAUSE_MS = 5_000;

/**
 * Keeps the curves of training runs in ClickHouse until `signal` aborts: every event is written, then acknowledged. What
 * cannot be written comes again.
 */
export async function keepTrainingMetrics(
  { bus, index, logger }: MetricsKeeperParts,
  signal: AbortSignal,
): Promise<void> {
  let ready = false;
  for await (const event of bus.subscribe(SUBJECT, { durable: DURABLE, signal })) {
    try {
      if (!ready) await index.ensureSchema(signal);
      ready = true;
      await keep({ index, logger, signal }, event);
    } catch (err) {
      if (signal.aborted) return;
      logger.warn({ err, event: event.id }, 'training metrics were not kept; they come again');
      await sleep(RETRY_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function keep(
  { index, logger, signal }: Pick<MetricsKeeperParts, 'index' | 'logger'> & { signal: AbortSignal },
  event: BusEvent,
): Promise<void> {
  const points = pointsOf(event.payload);
  if (points) await index.putTrainingPoints(points, signal);
  else logger.warn({ event: event.id }, 'training metrics that cannot be read were dropped');
  event.ack();
}

/** Reads an event; undefined where another program wrote something else under its subject. */
export function pointsOf(payload: Uint8Array): TrainingPoints | undefined {
  const event = decode(payload);
  if (!event?.trainingRun.startsWith('trainingRuns/') || event.uid === '') return undefined;
  return {
    run: event.trainingRun.slice('trainingRuns/'.length),
    uid: event.uid,
    sae: event.sae.slice('saes/'.length),
    recordedMs: event.time?.getTime() ?? 0,
    points: event.points.map((point) => ({
      step: Number(point.step),
      tokens: Number(point.tokens),
      loss: numberOrNull(point.loss),
      l0: numberOrNull(point.l0),
      fvu: numberOrNull(point.fvu),
      gradient_norm: numberOrNull(point.gradientNorm),
      dead_fraction: point.deadFraction,
      learning_rate: point.learningRate,
    })),
    heldOutPoints: event.heldOutPoints.map((point) => ({
      step: Number(point.step),
      held_out_tokens: Number(point.heldOutTokens),
      l0: numberOrNull(point.l0),
      fvu: numberOrNull(point.fvu),
      explained_variance: numberOrNull(point.explainedVariance),
      mean_cosine: numberOrNull(point.meanCosine),
      mean_norm_ratio: numberOrNull(point.meanNormRatio),
    })),
  };
}

function decode(payload: Uint8Array): TrainingMetricsRecorded | undefined {
  try {
    return TrainingMetricsRecorded.decode(payload);
  } catch {
    return undefined;
  }
}

/** JSON has no NaN: what was not measured is null. */
function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
