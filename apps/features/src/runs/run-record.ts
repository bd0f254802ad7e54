import { lineageSchema } from '@facet/objects';
import { z } from 'zod';

const count = z.number().int().nonnegative();

/** `run.json`: what was asked for; written once, at creation. */
export const runRecordSchema = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  /** Tells this run from an earlier one of the same id. */
  uid: z.string(),
  requestId: z.string(),
  createTime: z.string(),
  /** Ids of the SAE and the activation set. */
  sae: z.string(),
  activationSet: z.string(),
  /** 0: all rows. */
  maxTokens: count,
  lineage: lineageSchema,
});

/** `started.json`: a worker has begun. */
export const startSchema = z.object({ uid: z.string(), time: z.string() });

const indexSchema = z.object({
  sae: z.string(),
  generation: count,
  run: z.string(),
  d_sae: count,
  tokens: count,
  excludedRows: count,
  events: count,
  liveFeatures: count,
  lineage: z.record(z.string(), z.string()),
});

/** `outcome.json`: how it ended; written once, so that of a finisher, a failure and a cancellation one wins. */
export const outcomeSchema = z.object({
  uid: z.string(),
  state: z.enum(['SUCCEEDED', 'FAILED', 'CANCELLED']),
  time: z.string(),
  error: z.object({ reason: z.string(), message: z.string() }).optional(),
  /** The finished index and the time it took, in state SUCCEEDED. */
  index: indexSchema.optional(),
  seconds: z.number().optional(),
  /** What it made known of its SAE, a sentence each. */
  notices: z.array(z.string()).optional(),
});

/** How far a run has come; sent live, not stored. */
export const progressSchema = z.object({
  stage: z.string(),
  done: count,
  total: count.optional(),
  unit: z.string(),
  rate: z.number(),
  etaSeconds: z.number().optional(),
});

export type RunRecord = z.infer<typeof runRecordSchema>;
export type RunStart = z.infer<typeof startSchema>;
export type RunOutcome = z.infer<typeof outcomeSchema>;
export type RunProgress = z.infer<typeof progressSchema>;

/** A run as callers see it. */
export interface RunView {
  record: RunRecord;
  start: RunStart | undefined;
  outcome: RunOutcome | undefined;
  progress: RunProgress | undefined;
}
