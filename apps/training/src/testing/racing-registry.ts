import { isFacetError } from '@facet/errors';
import { openEventBus } from '@facet/events';
import { openObjectStore } from '@facet/objects';
import { answerTasks } from '@facet/objects/testing';
import { createRunStore } from '../runs/records/run-store.ts';
import { createRunEvents } from '../runs/run-events.ts';
import { createFindModel } from '../saes/named-model.ts';
import { createSaeRegistry } from '../saes/sae-registry.ts';
import type { SaeTexts } from '../saes/sae-texts.ts';
import { publishSae } from '../worker/publish-sae.ts';
import { trainedSae, trainingSets } from './trained-sae.ts';

/** What a racing process does with the SAE `id` of the store at `url`; every entry is done by a caller of its own, at once. */
export interface RegistryTask {
  url: string;
  root: string;
  id: string;
  calls: RegistryCall[];
}

export type RegistryCall =
  | { do: 'import'; uri: string }
  | { do: 'update'; change: Partial<SaeTexts> }
  | { do: 'delete' }
  | { do: 'export'; uri: string }
  /** Publishes it as the SAE of a run that was created; `value` fills its weights. */
  | { do: 'publish'; run: string; value: number };

/** "ok", or the kind of the error. */
export type RegistryAnswer = string;

/** A process for tests: many callers use one SAE's id at once. */
answerTasks(
  async (task: RegistryTask): Promise<RegistryAnswer[]> =>
    Promise.all(
      task.calls.map((call) =>
        act(task, call).then(
          () => 'ok',
          (error) => {
            if (isFacetError(error)) return error.kind;
            throw error;
          },
        ),
      ),
    ),
);

const bus = openEventBus({ url: 'memory:' });

async function act({ url, root, id }: RegistryTask, call: RegistryCall): Promise<unknown> {
  const store = openObjectStore(url);
  const roots = { importRoots: [root], exportRoots: [root] };
  const findModel = createFindModel(undefined);
  const registry = createSaeRegistry({ store, events: createRunEvents(await bus), findModel, ...roots });
  switch (call.do) {
    case 'import':
      return registry.importFrom({ id, uri: call.uri, modelId: 'toy', hookPoint: '' });
    case 'update':
      return registry.updateTexts(id, call.change);
    case 'delete':
      return registry.delete(id);
    case 'export':
      return registry.exportTo(id, call.uri, 'saelens');
    case 'publish':
      return publish(url, call);
  }
}

/** As a worker does it that has taken the run and trained. */
async function publish(url: string, { run, value }: { run: string; value: number }): Promise<unknown> {
  const store = openObjectStore(url);
  const runs = createRunStore(store);
  const record = await runs.record(run);
  const lease = await runs.takeLease(run, { worker: `process ${process.pid}`, step: 0, attempt: 1 });
  const { trained, evaluation } = trainedSae(value);
  return publishSae(
    { store, runs, record, lease, signal: new AbortController().signal, onProgress: () => {} },
    { member: 0, sets: trainingSets(), trained, evaluation },
  );
}
