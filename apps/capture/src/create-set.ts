import { createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { FacetError, isFacetError } from '@facet/errors';
import { newId } from '@facet/mesh';
import type { CaptureContext } from './capture-context.ts';
import { openCorpus } from './corpus-file.ts';
import { planJob, QUEUE } from './jobs.ts';
import type { SetRecord } from './set-record.ts';
import { completeSpec, type RequestedSpec } from './set-spec.ts';

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
  if (checkCorpus) await (await openCorpus(spec.corpus.uri, corpusRoots)).file.close();
  const record: SetRecord = {
    formatVersion: 1,
    id: request.id ?? chooseId(request.requestId),
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
    if (!(await sets.outcome(set.id))) await bus.enqueue(QUEUE, planJob(set));
  } catch (error) {
    if (!existing) await sets.delete(set.id);
    throw error;
  }
  return set;
}

/** One id for one request id, so that a repeated request finds the set that the first one made. */
function chooseId(requestId: string): string {
  if (requestId === '') return newId('set');
  return `set-${createHash('sha256').update(requestId).digest('hex').slice(0, 10)}`;
}

async function createOrFind({ sets }: CaptureContext, record: SetRecord): Promise<SetRecord | undefined> {
  try {
    await sets.create(record);
    return undefined;
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
  }
  const existing = await sets.read(record.id);
  const isRepeated = record.requestId !== '' && existing.requestId === record.requestId;
  if (isRepeated && isDeepStrictEqual(existing.spec, record.spec)) return existing;
  const name = `activationSets/${record.id}`;
  const problem = isRepeated
    ? `${name} was made by the same request_id with another spec; use a new request_id`
    : `${name} exists already; choose another id or delete it first`;
  throw new FacetError('exists', problem, {
    metadata: { resourceType: 'ActivationSet', resourceName: name },
  });
}
