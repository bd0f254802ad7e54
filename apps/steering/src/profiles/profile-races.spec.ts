import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openObjectStore } from '@facet/objects';
import { type Racer, startRacers } from '@facet/objects/testing';
import type { ProfileAnswer, ProfileCall } from '../testing/racing-profiles.ts';
import { createProfileStore, etagOf, type PinnedContent } from './profile-store.ts';
import { createProfiles } from './profiles.ts';

const RACER = new URL('../testing/racing-profiles.ts', import.meta.url).pathname;
const ROUNDS = 50;
const LIMIT_MS = 240_000;
const content: PinnedContent = { displayName: 'a', description: 'b', model: 'models/m', edits: [] };

let folder: string;
let racers: [Racer, Racer];
let profiles: ReturnType<typeof createProfiles>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-profiles-'));
  const store = createProfileStore(openObjectStore(pathToFileURL(folder).href));
  profiles = createProfiles({ store, now: () => new Date() });
  racers = startRacers(RACER);
});
afterAll(async () => {
  await Promise.all(racers.map((racer) => racer.end()));
  await rm(folder, { recursive: true, force: true });
});

async function race(id: string, ...calls: [ProfileCall[], ProfileCall[]]): Promise<ProfileAnswer[]> {
  const url = pathToFileURL(folder).href;
  const answers = await Promise.all(
    racers.map((racer, i) => racer.run<ProfileAnswer[]>({ url, id, calls: calls[i] })),
  );
  return answers.flat();
}

const wonBy = (answers: ProfileAnswer[]) => answers.filter(({ etag }) => etag !== undefined);
const refusals = (answers: ProfileAnswer[]) =>
  answers.flatMap(({ refused }) => (refused === undefined ? [] : [refused]));

describe('two processes that use one profile at once', () => {
  test(
    'update with an etag: one wins, and the others are told',
    async () => {
      await profiles.create('etag', content, '');
      for (let round = 0; round < ROUNDS; round++) {
        const { revision, ...before } = await profiles.get('etag');
        const etag = etagOf({ revision, ...before });
        const update = (displayName: string): ProfileCall => ({
          do: 'update',
          change: { displayName },
          etag,
        });
        const names = ['p', 'q', 'r', 's'].map((name) => `${name}${round}`);
        const [p, q, r, s] = names.map(update) as [ProfileCall, ProfileCall, ProfileCall, ProfileCall];
        const answers = await race('etag', [p, q], [r, s]);
        expect(wonBy(answers)).toHaveLength(1);
        expect(refusals(answers)).toEqual(['aborted', 'aborted', 'aborted']);
        const after = await profiles.get('etag');
        const winner = answers.findIndex(({ etag: won }) => won !== undefined);
        expect(after).toMatchObject({ displayName: names[winner], revision: revision + 1 });
        expect(etagOf(after)).toBe(answers[winner]!.etag);
      }
    },
    LIMIT_MS,
  );

  test(
    'update without an etag: each changes what it names, and no change is lost',
    async () => {
      await profiles.create('masks', content, '');
      for (let round = 0; round < ROUNDS; round++) {
        const { revision } = await profiles.get('masks');
        const change = (part: Partial<PinnedContent>): ProfileCall => ({
          do: 'update',
          change: part,
          etag: '',
        });
        const [displayName, description, model] = [`name ${round}`, `text ${round}`, `models/m${round}`];
        const answers = await race(
          'masks',
          [change({ displayName }), change({ model })],
          [change({ description })],
        );
        expect(wonBy(answers)).toHaveLength(3);
        const after = await profiles.get('masks');
        expect(after).toMatchObject({ displayName, description, model, revision: revision + 3 });
      }
    },
    LIMIT_MS,
  );

  test(
    'create: one wins, others are told, and a repeated request is given what it made',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const id = `new-${round}`;
        const create = (displayName: string, requestId: string): ProfileCall => ({
          do: 'create',
          content: { ...content, displayName },
          requestId,
        });
        const answers = await race(id, [create('x', 'once'), create('y', '')], [create('x', 'once')]);
        const made = (await profiles.get(id)).displayName;
        expect(wonBy(answers)).toHaveLength(made === 'x' ? 2 : 1);
        expect(new Set(wonBy(answers).map(({ etag }) => etag)).size).toBe(1);
        for (const refusal of refusals(answers)) expect(refusal).toBe('exists');
      }
    },
    LIMIT_MS,
  );

  test(
    'create, update and delete: what is told adds up',
    async () => {
      let stands = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const create: ProfileCall = { do: 'create', content, requestId: '' };
        const remove: ProfileCall = { do: 'delete' };
        const update: ProfileCall = { do: 'update', change: { displayName: 'c' }, etag: '' };
        const answers = await race('all', [create, remove, update, remove], [remove, create, update]);
        const told = (indexes: number[], ...kinds: (string | undefined)[]) =>
          indexes.filter((i) => kinds.includes(answers[i]!.refused)).length;
        expect(told([0, 5], undefined, 'exists')).toBe(2);
        expect(told([1, 3, 4, 2, 6], undefined, 'not-found')).toBe(5);
        stands += told([0, 5], undefined) - told([1, 3, 4], undefined);
        const found = await profiles.get('all').catch(({ kind }) => kind);
        expect(found === 'not-found' ? 0 : 1).toBe(stands);
      }
    },
    LIMIT_MS,
  );
});
