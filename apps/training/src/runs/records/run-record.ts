import { B_DEC_STARTS, DECAY_SHAPES, INPUT_SCALES } from '@facet/sae-training';
import { z } from 'zod';
import type { CheckpointSummary } from './checkpoint-store.ts';
import { recipeSchema } from './recipe-record.ts';
import type { PauseState } from './run-control.ts';

const count = z.number().int().nonnegative();

/** One SAE of several; what is absent is as the run's spec says. */
const variantSchema = z.object({
  sae: z.string(),
  recipe: recipeSchema.optional(),
  d_sae: count.optional(),
  learning_rate: z.number().optional(),
});

/** What to train, as `run.json` keeps it; absent values take the recipe's defaults. */
export const runSpecSchema = z.object({
  /** Ids of activation sets. */
  activationSets: z.array(z.string()).min(1),
  /** Id that the SAE gets; of several, the beginning of those ids that are not stated. */
  sae: z.string(),
  heldOutFraction: z.number(),
  /** A decimal unsigned 64-bit integer. */
  seed: z.string(),
  /** Absent where every variant has its own. */
  recipe: recipeSchema.optional(),
  /** 0 where every variant has its own. */
  d_sae: count,
  tokens: count,
  batch_rows: count,
  learning_rate: z.number().optional(),
  warmup_steps: count.optional(),
  decay_fraction: z.number().optional(),
  gradient_clip_norm: z.number().optional(),
  dead_window_tokens: count.optional(),
  engine: z.string(),
  decay_shape: z.enum(DECAY_SHAPES).optional(),
  input_scale: z.enum(INPUT_SCALES).optional(),
  b_dec_start: z.enum(B_DEC_STARTS).optional(),
  max_norm_multiple: z.number().optional(),
  checkpointSteps: count.optional(),
  checkpointMinutes: z.number().optional(),
  /** SAEs to train on one reading. @default the one of the spec */
  variants: z.array(variantSchema).optional(),
});

/** Memory of a run in bytes. */
export const memoryPlanSchema = z.object({
  weights: count,
  optimizer: count,
  batch: count,
  rows: count,
  total: count,
  limit: count,
  /** Part of `optimizer`. */
  gradients: count.optional(),
  /** Part of `batch`. */
  preActivations: count.optional(),
  /** The weights again, at the beginning and at the end. */
  copies: count.optional(),
  /** Rows that the shuffle holds; 0: all of them. */
  bufferRows: count,
});

/** `run.json`: what was asked for; written once, at creation. */
export const runRecordSchema = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  /** Tells this run from an earlier one of the same id. */
  uid: z.string(),
  requestId: z.string(),
  createTime: z.string(),
  spec: runSpecSchema,
  memory: memoryPlanSchema,
});

/** `started.json`: a worker has begun. */
export const startSchema = z.object({ uid: z.string(), time: z.string() });

/**
 * `claim.json`: whether the run will be published or cancelled; written once, so that one of the two wins.
 */
export const claimSchema = z.object({ uid: z.string(), by: z.enum(['publish', 'cancel']) });

const stepSchema = z.object({
  step: count,
  steps: count,
  loss: z.number(),
  l0: z.number(),
  fvu: z.number().nullable(),
  deadFraction: z.number(),
  tokensPerSecond: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number().optional(),
});

/** `progress.json` and live messages: how far a run has come. */
export const progressSchema = z.object({
  uid: z.string(),
  time: z.string(),
  stage: z.enum(['reading', 'training', 'evaluating', 'publishing', 'ended']),
  /** What the engine runs on, where it has several choices. */
  backend: z.string().optional(),
  /** Tokens. */
  done: count,
  total: count.optional(),
  rate: z.number(),
  etaSeconds: z.number().optional(),
  step: stepSchema.optional(),
  /** In place of `step` where the run trains several SAEs; null for one that has taken none. */
  members: z.array(stepSchema.nullable()).optional(),
});

/** Metrics of a trained SAE; fvu is null where the held-out rows do not vary or there are none. */
export const evaluationSchema = z.object({
  heldOutTokens: count,
  l0: z.number().nullable(),
  /** What the recipe was asked for, where that is a number of features. */
  targetL0: z.number().optional(),
  fvu: z.number().nullable(),
  deadFraction: z.number(),
  deadWindowTokens: count,
  trainedTokens: count,
  excludedRows: count,
  secondsPerMillionTokens: z.number(),
  meanCosine: z.number().nullable().optional(),
  meanNormRatio: z.number().nullable().optional(),
  density: z.object({ edges: z.array(z.number()), counts: z.array(count), tokens: count }).optional(),
  outlierRows: count.optional(),
  peakMemoryBytes: count.optional(),
  resumes: count.optional(),
  backend: z.string().optional(),
});

/** How one of several SAEs ended: published with its evaluation, or given up. */
const memberOutcomeSchema = z.object({
  evaluation: evaluationSchema.optional(),
  error: z.object({ reason: z.string(), message: z.string() }).optional(),
});

/** `outcome.json`: how it ended; written once. */
export const outcomeSchema = z.object({
  uid: z.string(),
  state: z.enum(['SUCCEEDED', 'FAILED', 'CANCELLED']),
  time: z.string(),
  error: z.object({ reason: z.string(), message: z.string() }).optional(),
  evaluation: evaluationSchema.optional(),
  /** In place of `evaluation` where the run trains several SAEs. */
  members: z.array(memberOutcomeSchema).optional(),
});

export type RunSpec = z.infer<typeof runSpecSchema>;
export type MemoryPlan = z.infer<typeof memoryPlanSchema>;
export type RunRecord = z.infer<typeof runRecordSchema>;
export type RunStart = z.infer<typeof startSchema>;
export type RunClaim = z.infer<typeof claimSchema>;
export type RunProgress = z.infer<typeof progressSchema>;
export type StepProgress = z.infer<typeof stepSchema>;
export type Evaluation = z.infer<typeof evaluationSchema>;
export type MemberOutcome = z.infer<typeof memberOutcomeSchema>;
export type RunOutcome = z.infer<typeof outcomeSchema>;

/** Everything known of a run now. */
export interface Run {
  record: RunRecord;
  pause: PauseState;
  checkpoint?: CheckpointSummary | undefined;
  start?: RunStart | undefined;
  progress?: RunProgress | undefined;
  outcome?: RunOutcome | undefined;
}
