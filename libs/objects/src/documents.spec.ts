import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { createDocuments, type DocumentKind, type Documents } from './documents.ts';
import { openObjectStore } from './open-object-store.ts';
import type { ObjectStore } from './store.ts';

const RUN: DocumentKind<{ text: string }> = { file: 'run.json', schema: z.object({ text: z.string() }) };
const OUTCOME: DocumentKind<{ won: number }> = {
  file: 'outcome.json',
  schema: z.object({ won: z.number() }),
};

let directory: string;
let store: ObjectStore;
let documents: Documents;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-documents-'));
  store = openObjectStore(pathToFileURL(directory).href);
  documents = createDocuments(store, { collection: 'runs', resourceType: 'Run' });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('createDocuments', () => {
  test('creates a resource once and reads it again', async () => {
    await documents.create('a', RUN, { text: 'first' });
    await expect(documents.create('a', RUN, { text: 'second' })).rejects.toMatchObject({ kind: 'exists' });
    expect(await documents.require('a', RUN)).toEqual({ text: 'first' });
    expect(documents.key('a', 'data.bin')).toBe('runs/a/data.bin');
  });

  test('names the resource that does not exist, and finds nothing', async () => {
    await expect(documents.require('b', RUN)).rejects.toMatchObject({
      kind: 'not-found',
      message: 'runs/b does not exist',
      metadata: { resourceType: 'Run', resourceName: 'runs/b' },
    });
    expect(await documents.find('b', RUN)).toBeUndefined();
  });

  test('keeps the first of documents that are written once', async () => {
    await documents.writeOnce('a', OUTCOME, { won: 1 });
    await documents.writeOnce('a', OUTCOME, { won: 2 });
    expect(await documents.find('a', OUTCOME)).toEqual({ won: 1 });
  });

  test('gives all who decide at the same time the same answer', async () => {
    const proposals = [...Array(8).keys()];
    const held = await Promise.all(proposals.map((won) => documents.decide('a', OUTCOME, { won })));
    expect(new Set(held.map(({ won }) => won)).size).toBe(1);
  });

  test('does not take a malformed document for an absent one', async () => {
    await store.write('runs/a/run.json', Buffer.from('{"text": 1}'));
    await expect(documents.find('a', RUN)).rejects.toMatchObject({ kind: 'data-loss' });
  });

  test('lists the ids in order and deletes a resource whole', async () => {
    for (const id of ['b', 'a']) await documents.create(id, RUN, { text: id });
    await store.write('runs/a/shards/0.bin', Buffer.from('x'));
    expect(await documents.ids()).toEqual(['a', 'b']);
    await documents.delete('a');
    expect(await documents.ids()).toEqual(['b']);
    expect(await store.exists('runs/a/shards/0.bin')).toBe(false);
  });

  test('deletes the resource that is meant, its last files behind it, and none that has its id since', async () => {
    const isMeant = ({ text }: { text: string }) => text === 'old';
    const options = { isMeant, last: [OUTCOME.file] };
    await documents.create('a', RUN, { text: 'old' });
    await documents.writeOnce('a', OUTCOME, { won: 1 });
    await store.write('runs/a/shards/0.bin', Buffer.from('x'));
    const seen: boolean[] = [];
    const watched: ObjectStore = {
      ...store,
      delete: async (key, condition) => {
        if (key.endsWith(OUTCOME.file)) seen.push(await store.exists('runs/a/run.json'));
        await store.delete(key, condition);
      },
    };
    const watching = createDocuments(watched, { collection: 'runs', resourceType: 'Run' });
    expect(await watching.deleteOwn('a', RUN, options)).toBe(true);
    expect(seen).toEqual([false]);
    for await (const { key } of store.list('runs')) throw new Error(`${key} is left`);
    await documents.create('a', RUN, { text: 'new' });
    expect(await documents.deleteOwn('a', RUN, options)).toBe(false);
    expect(await documents.find('a', RUN)).toEqual({ text: 'new' });
  });

  test('leaves what a new resource of the id has written while the old one was being deleted', async () => {
    await documents.create('a', RUN, { text: 'old' });
    await store.write('runs/a/same.txt', Buffer.from('old'));
    const late: ObjectStore = {
      ...store,
      async *list(prefix) {
        yield* store.list(prefix);
        // Another caller deletes it, and its id is taken again.
        await store.deletePrefix('runs/a');
        await documents.create('a', RUN, { text: 'old' });
        await store.write('runs/a/same.txt', Buffer.from('new'));
      },
    };
    const deleting = createDocuments(late, { collection: 'runs', resourceType: 'Run' });
    expect(await deleting.deleteOwn('a', RUN, { isMeant: () => true })).toBe(false);
    expect(Buffer.from(await store.read('runs/a/same.txt')).toString()).toBe('new');
  });
});
