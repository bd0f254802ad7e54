import type { lineageSchema } from '@facet/objects';
import { z } from 'zod';

const count = z.number().int().nonnegative();

const uri = z.string();
const textField = z.string().min(1);
const resolvedFormats = [
  z.object({ uri, format: z.literal('TEXT'), documentSeparator: z.string().min(1) }),
  z.object({ uri, format: z.literal('JSONL'), textField }),
  z.object({ uri, format: z.literal('JSON'), textField }),
  /** A delimiter that is "" is found when the corpus is read. */
  z.object({ uri, format: z.literal('DELIMITED'), textField, delimiter: z.string(), unquoted: z.boolean() }),
  z.object({ uri, format: z.literal('PARQUET'), textField }),
] as const;
/** The format is told from the content; what is stated must fit it. */
const autoSchema = z.object({
  uri,
  format: z.literal('AUTO'),
  documentSeparator: z.string().min(1).optional(),
  textField: textField.optional(),
});
const resolvedSchema = z.discriminatedUnion('format', resolvedFormats);
const corpusSchema = z.discriminatedUnion('format', [...resolvedFormats, autoSchema]);
const specSchema = z.object({
  /** Id of the model. */
  model: z.string(),
  hookPoint: z.string(),
  corpus: corpusSchema,
  /** 0: the whole corpus. */
  maxTokens: count,
  contextTokens: count,
  dtype: z.enum(['F16', 'BF16', 'F32']),
  /** A multiple of `contextTokens`. */
  partitionTokens: count,
  /** Whether every document begins a context of its own; records from before the choice do not. */
  separateDocuments: z.boolean().default(false),
});
const modelSchema = z.object({
  modelSha256: z.string(),
  tokenizerSha256: z.string(),
  dIn: count,
  bosTokenId: count.nullable(),
  /** What stands between two documents of one context. */
  separatorTokenId: count.nullable(),
  specialTokenIds: z.array(count),
  /** Rows of the embedding; absent in records from before it was kept. */
  vocabulary: count.optional(),
});

/** `set.json`: what was asked for, with every default filled in; written once, at creation. */
export const setRecordSchema = z.object({
  /** 2: its facts and data lie in a folder of its own. */
  formatVersion: z.union([z.literal(1), z.literal(2)]),
  id: z.string(),
  /** Tells this set from an earlier one of the same id. */
  uid: z.string(),
  requestId: z.string(),
  createTime: z.string(),
  spec: specSchema,
  /** What was true of the model at creation. */
  model: modelSchema,
});

/** `started.json`: the capture has begun. */
export const startSchema = z.object({ uid: z.string(), time: z.string() });

/** 32-bit integers as JSON carries them: base64, little-endian. */
const words = z
  .string()
  .transform((text): Int32Array => new Int32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer));
const planned = z.object({ rows: count, inputSha256: z.string() });

/** `planning/NNNNN.json`: how far the plan has come when NNNNN inputs are written; an interrupted plan goes on there. */
export const planningSchema = z.object({
  uid: z.string(),
  /** Pieces of the corpus that are packed, and the hash of their bytes. */
  pieces: count,
  sha256: z.string(),
  /** Inputs that were written since the record before. */
  partitions: z.array(planned),
  packer: z.object({
    rows: count,
    documents: count,
    awaitsDocument: z.boolean(),
    open: z.object({ tokenIds: words, documents: words, lengths: z.array(count), column: count }),
  }),
});

/** `plan.json`: all inputs are written. */
export const planSchema = z.object({
  uid: z.string(),
  rows: count,
  documents: count,
  corpusSha256: z.string(),
  /** How the corpus was read; absent in plans from before it was kept. */
  corpus: resolvedSchema.optional(),
  /** The same in words, with the number of documents. */
  corpusFormat: z.string().optional(),
  partitions: z.array(planned),
});

/** `partitions/NNNNN.json`: a partition's shard is written; the first record counts. */
export const partitionRecordSchema = z.object({
  uid: z.string(),
  partition: count,
  rows: count,
  specialRows: count,
  /** Sum of the Euclidean norms of the rows that are not special. */
  normSum: z.number(),
  file: z.string(),
  bytes: count,
  sha256: z.string(),
  inputSha256: z.string(),
  worker: z.string(),
  attempt: count,
  startTime: z.string(),
  endTime: z.string(),
});

/**
 * `outcome.json`: how it ended; written once, so that of a finisher, a failure and a cancellation one wins.
 */
export const outcomeSchema = z.object({
  uid: z.string(),
  state: z.enum(['ACTIVE', 'FAILED', 'CANCELLED']),
  time: z.string(),
  error: z.object({ reason: z.string(), message: z.string() }).optional(),
});

export type CorpusSpec = z.infer<typeof corpusSchema>;
export type ResolvedCorpus = z.infer<typeof resolvedSchema>;
export type AutoCorpus = z.infer<typeof autoSchema>;
export type SetSpec = z.infer<typeof specSchema>;
export type ModelFacts = z.infer<typeof modelSchema>;
export type SetRecord = z.infer<typeof setRecordSchema>;
export type SetStart = z.infer<typeof startSchema>;
export type SetPlanning = z.infer<typeof planningSchema>;
export type SetPlan = z.infer<typeof planSchema>;
export type PartitionRecord = z.infer<typeof partitionRecordSchema>;
export type SetOutcome = z.infer<typeof outcomeSchema>;

/** Where an activation set comes from. */
export function lineageOf({ spec, model }: SetRecord, corpusSha256: string): z.infer<typeof lineageSchema> {
  const { modelSha256, tokenizerSha256 } = model;
  return { modelId: spec.model, modelSha256, tokenizerSha256, corpusSha256, hookPoint: spec.hookPoint };
}
