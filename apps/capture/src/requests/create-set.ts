import { randomBytes } from 'node:crypto';
import { isFacetError } from '@facet/errors';
import { idOfRequest, requireRepeated } from '@facet/mesh';
import type { CaptureContext } from '../capture-context.ts';
import { openCorpus } from '../corpus/bytes/corpus-file.ts';
import { recogniseCorpus } from '../corpus/recognition/recognise.ts';
import { planJob, QUEUE } from '../jobs/jobs.ts';
import type { CorpusSpec, SetRecord } from '../sets/set-record.ts';
import { completeSpec, type RequestedSpec } from '../sets/set-spec.ts';

export interface CreationRequest {
  /** Undefined: one is chosen. */
  id: string | undefined;
  /** "" where the caller gave none. */
  requestId: string;
  spec: RequestedSpec;
}

export interface CreationOptions {
  /** Whether the corpus is looked for at once: in a process that also captures. */
  checkCorpus: boolean;
  signal: AbortSignal;
}

/** Writes a new set in PENDING and queues its plan; a repeated request gives the same set back. */
export async function createSet(
  context: CaptureContext,
  request: CreationRequest,
  { checkCorpus, signal }: CreationOptions,
): Promise<SetRecord> {
  const { inference, corpusRoots, bus, sets } = context;
  const { spec, facts } = completeSpec(request.spec, await inference.model(request.spec.model, signal));
  if (checkCorpus) await requireCorpus(spec.corpus, corpusRoots, signal);
  const record: SetRecord = {
    formatVersion: 2,
    id: request.id ?? idOfRequest('set', request.requestId),
    uid: randomBytes(8).toString('hex'),
    requestId: request.requestId,
    createTime: context.now().toISOString(),
    spec,
    model: facts,
  };
  const existing = await createOrFind(context, record);
  const set = existing ?? record;
  try {
    // Also for a repeated request: the first one may have ended between the two steps.
    if (!(await sets.capture(set).outcome())) await bus.enqueue(QUEUE, planJob(set));
  } catch (error) {
    if (!existing) await sets.delete(set);
    throw error;
  }
  return set;
}

/** Opens and recognises the corpus, so that its caller learns at once what is wrong with it. */
async function requireCorpus(
  corpus: CorpusSpec,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const opened = await openCorpus(corpus.uri, roots);
  await using _ = opened.file;
  await recogniseCorpus(opened, corpus, signal);
}

async function createOrFind({ sets }: CaptureContext, record: SetRecord): Promise<SetRecord | undefined> {
  try {
    await sets.create(record);
    return undefined;
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
  }
  const existing = await sets.read(record.id);
  requireRepeated(
    {
      collection: 'activationSets',
      resourceType: 'ActivationSet',
      id: record.id,
      idField: 'activation_set_id',
    },
    { requestId: existing.requestId, content: existing.spec },
    { requestId: record.requestId, content: record.spec },
  );
  return existing;
}
