import { FacetError, isFacetError } from '@facet/errors';
import { z } from 'zod';
import { updateJson } from '../json.ts';
import { openObjectStore } from '../open-object-store.ts';
import type { ObjectStore } from '../store.ts';
import { answerTasks } from './answer-tasks.ts';

/** What a racing process is asked for, on the object `key` of the store at `url`. */
export type WriterTask = { url: string; key: string; callers: number } & (
  | { do: 'create' }
  | { do: 'replace' | 'delete'; version: string }
  /** Every caller adds one to the document's count `times` times. */
  | { do: 'count'; times: number }
);

/** What a caller was told: the version that it wrote, or the kind of its error. */
export interface WriterAnswer {
  won?: string;
  lost?: string;
}

const countSchema = z.object({ count: z.number() });

/** A process for tests: many callers write the same object at once. */
answerTasks(async (task: WriterTask): Promise<WriterAnswer[]> => {
  const store = openObjectStore(task.url);
  return Promise.all(Array.from({ length: task.callers }, (_, caller) => call(store, task, caller)));
});

async function call(store: ObjectStore, task: WriterTask, caller: number): Promise<WriterAnswer> {
  try {
    return { won: await act(store, task, `${process.pid}.${caller}`) };
  } catch (error) {
    if (!isFacetError(error)) throw error;
    return { lost: error.kind };
  }
}

async function act(store: ObjectStore, task: WriterTask, name: string): Promise<string> {
  const { key } = task;
  const data = Buffer.from(name);
  if (task.do === 'create') return (await store.write(key, data, { ifAbsent: true })).version;
  if (task.do === 'replace') return (await store.write(key, data, { ifMatch: task.version })).version;
  if (task.do === 'count') return count(store, key, task.times);
  await store.delete(key, { ifMatch: task.version });
  return '';
}

async function count(store: ObjectStore, key: string, times: number): Promise<string> {
  let version = '';
  for (let i = 0; i < times; i++) {
    const add = (current: { value: { count: number } } | undefined) => ({
      count: (current?.value.count ?? 0) + 1,
    });
    version = (await updateJson(store, key, countSchema, add)).version;
  }
  if (version === '') throw new FacetError('invalid', 'count something');
  return version;
}
