import { createHash } from 'node:crypto';
import type { CaptureContext } from '../capture-context.ts';
import { finishIfComplete } from '../capturing/finish-set.ts';
import { corpusError, openCorpus } from '../corpus/bytes/corpus-file.ts';
import { describeCorpus } from '../corpus/read-corpus.ts';
import { recogniseCorpus } from '../corpus/recognition/recognise.ts';
import { partitionJob, QUEUE } from '../jobs/jobs.ts';
import type { SetPlan, SetRecord } from '../sets/set-record.ts';
import type { PackedPartition } from './context-writer.ts';
import { encodeInput } from './input-file.ts';
import { createPacker } from './packer.ts';
import { readPlanning } from './planning.ts';
import { requireKnownTokens } from './token-check.ts';
import { tokenizedPieces } from './tokenized-pieces.ts';

/**
 * Tokenizes the corpus once, packs it into contexts and writes the inputs of all partitions; each is queued as soon as it is
 * written, so workers run the model while the rest is tokenized. Done again, it does exactly the same; a plan that was
 * interrupted reads over what was tokenized before, which must not have changed, and goes on behind it.
 */
export async function planSet(
  context: CaptureContext,
  record: SetRecord,
  signal: AbortSignal,
): Promise<void> {
  const { sets, now } = context;
  const capture = sets.capture(record);
  await capture.markStarted({ uid: record.uid, time: now().toISOString() });
  if (!(await capture.plan())) await capture.writePlan(await writeInputs(context, record, signal));
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
  const recognised = await recogniseCorpus(corpus, spec.corpus, signal);
  const begun = await readPlanning(context.sets, record);
  const packer = createPacker({ ...spec, ...model }, begun?.packer);
  const partitions = [...(begun?.partitions ?? [])];
  const hash = createHash('sha256');
  const write = async (packed: readonly PackedPartition[]) => {
    for (const each of packed)
      partitions.push(
        await writeInput(context, record, { partition: partitions.length, packed: each, signal }),
      );
  };
  // Where the limit was reached before, the corpus is what was read of it.
  const whole = packer.full ? begun : undefined;
  const source = { corpus, recognised, hash, begun, signal };
  const unread = whole ? [] : tokenizedPieces(context, record, source);
  for await (const { number, sections, tokens, bytes } of unread) {
    hash.update(bytes);
    const written = partitions.length;
    for (const [i, section] of sections.entries()) {
      if (packer.full) break;
      await requireKnownTokens(context, record, {
        section,
        tokens: tokens[i]!,
        before: packer.documents,
        ...source,
      });
      await write(packer.push(tokens[i]!, section.begins));
    }
    if (partitions.length > written) {
      const planning = { uid, pieces: number, sha256: hash.copy().digest('hex'), packer: packer.state() };
      const fresh = partitions.slice(written);
      const come = { ...planning, partitions: fresh };
      await context.sets.capture(record).writePlanning(partitions.length, come);
    }
    if (packer.full) break;
  }
  await write(packer.end());
  if (packer.rows === 0) throw corpusError(`the corpus ${corpus.shown} holds no text`, 'CORPUS_EMPTY');
  const { rows, documents } = packer;
  const corpusSha256 = whole?.sha256 ?? hash.digest('hex');
  const corpusFormat = describeCorpus(recognised, documents);
  return { uid, rows, documents, corpusSha256, corpus: recognised.format, corpusFormat, partitions };
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
  const inputSha256 = await sets.capture(record).writeInput(partition, encodeInput(packed), signal);
  await bus.enqueue(QUEUE, partitionJob(record, partition));
  return { rows: packed.tokenIds.length, inputSha256 };
}
