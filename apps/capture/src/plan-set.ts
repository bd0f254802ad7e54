import { createHash } from 'node:crypto';
import type { CaptureContext } from './capture-context.ts';
import type { PackedPartition } from './context-writer.ts';
import { corpusError, type OpenCorpus, openCorpus, readTextPieces } from './corpus-file.ts';
import { createSplitter, type Section } from './documents.ts';
import { finishIfComplete } from './finish-set.ts';
import { encodeInput } from './input-file.ts';
import { partitionJob, QUEUE } from './jobs.ts';
import { mapAhead } from './map-ahead.ts';
import { createPacker } from './packer.ts';
import type { SetPlan, SetRecord } from './set-record.ts';

/** Pieces of text under way to the tokenizer at once. */
const TOKENIZE_AHEAD = 2;
/** Texts of one call, as TokenizeText limits them. */
const MAX_TEXTS = 4096;

/**
 * Tokenizes the corpus once, packs it into contexts and writes the inputs of all partitions; each is queued
 * as soon as
 * it is written, so workers run the model while the rest is tokenized. Done again, it does exactly the same.
 */
export async function planSet(
  context: CaptureContext,
  record: SetRecord,
  signal: AbortSignal,
): Promise<void> {
  const { sets, now } = context;
  const { id, uid } = record;
  await sets.markStarted(id, { uid, time: now().toISOString() });
  if (!(await sets.plan(id))) await sets.writePlan(id, await writeInputs(context, record, signal));
  await finishIfComplete(context, record);
}

async function writeInputs(
  context: CaptureContext,
  record: SetRecord,
  signal: AbortSignal,
): Promise<SetPlan> {
  const { spec, model, uid } = record;
  const corpus = await openCorpus(spec.corpus.uri, context.corpusRoots);
  await using _ = corpus.file;
  const packer = createPacker({ ...spec, ...model });
  const hash = createHash('sha256');
  const partitions: SetPlan['partitions'] = [];
  const write = async (packed: PackedPartition) => {
    partitions.push(await writeInput(context, record, { partition: partitions.length, packed, signal }));
  };
  for await (const { sections, tokens, bytes } of tokenizedPieces(context, record, { corpus, signal })) {
    hash.update(bytes);
    for (const [i, section] of sections.entries())
      for (const packed of packer.push(tokens[i]!, section.begins)) await write(packed);
    if (packer.full) break;
  }
  for (const packed of packer.end()) await write(packed);
  if (packer.rows === 0) throw corpusError(`the corpus ${corpus.shown} holds no text`, 'CORPUS_EMPTY');
  return {
    uid,
    rows: packer.rows,
    documents: packer.documents,
    corpusSha256: hash.digest('hex'),
    partitions,
  };
}

interface TokenizedPiece {
  sections: Section[];
  /** Of every section. */
  tokens: Int32Array[];
  /** The bytes of the corpus that were read for it. */
  bytes: Uint8Array;
}

interface Source {
  corpus: OpenCorpus;
  signal: AbortSignal;
}

function tokenizedPieces(
  { inference }: CaptureContext,
  { spec }: SetRecord,
  { corpus, signal }: Source,
): AsyncGenerator<TokenizedPiece> {
  const splitter = createSplitter(spec.corpus, corpus.shown);
  async function* pieces(): AsyncGenerator<{ sections: Section[]; bytes: Uint8Array }> {
    for await (const { text, bytes } of readTextPieces(corpus, signal))
      yield { sections: splitter.push(text), bytes };
    yield { sections: splitter.end(), bytes: new Uint8Array(0) };
  }
  return mapAhead(pieces(), TOKENIZE_AHEAD, async ({ sections, bytes }) => {
    const tokens: Int32Array[] = [];
    for (let start = 0; start < sections.length; start += MAX_TEXTS) {
      const texts = sections.slice(start, start + MAX_TEXTS).map(({ text }) => text);
      tokens.push(...(await inference.tokenize(spec.model, texts, signal)));
    }
    return { sections, tokens, bytes };
  });
}

interface NewInput {
  partition: number;
  packed: PackedPartition;
  signal: AbortSignal;
}

async function writeInput(
  { sets, bus }: CaptureContext,
  record: SetRecord,
  { partition, packed, signal }: NewInput,
): Promise<SetPlan['partitions'][number]> {
  const inputSha256 = await sets.writeInput(record.id, partition, encodeInput(packed), signal);
  await bus.enqueue(QUEUE, partitionJob(record, partition));
  return { rows: packed.tokenIds.length, inputSha256 };
}
