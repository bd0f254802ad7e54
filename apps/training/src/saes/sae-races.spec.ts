import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSaeArtifact, readSaeManifest, saeFilesPrefix } from '@facet/artifacts';
import { openEventBus } from '@facet/events';
import { absentAsUndefined, type ObjectStore, openObjectStore } from '@facet/objects';
import { type Racer, startRacers } from '@facet/objects/testing';
import { writeSaelens } from '@facet/sae';
import { createRunStore } from '../runs/records/run-store.ts';
import { createRunEvents } from '../runs/run-events.ts';
import type { RegistryAnswer, RegistryCall, RegistryTask } from '../testing/racing-registry.ts';
import { runRecord, trainedSae } from '../testing/trained-sae.ts';
import { createFindModel } from './named-model.ts';
import { createSaeRegistry } from './sae-registry.ts';

const RACER = new URL('../testing/racing-registry.ts', import.meta.url).pathname;
const ROUNDS = 50;
const LIMIT_MS = 240_000;

let root: string;
let store: ObjectStore;
let racers: [Racer, Racer];
/** Two directories to import: of ones, and of twos. */
let sources: [string, string];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-races-'));
  store = openObjectStore(pathToFileURL(join(root, 'objects')).href);
  racers = startRacers(RACER);
  sources = [await writeSource('ones', 1), await writeSource('twos', 2)];
});
afterAll(async () => {
  await Promise.all(racers.map((racer) => racer.end()));
  await rm(root, { recursive: true, force: true });
});

async function writeSource(name: string, value: number): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  const { cfg, weights } = writeSaelens(trainedSae(value).trained.sae);
  await writeFile(join(directory, 'cfg.json'), cfg);
  await writeFile(join(directory, 'sae_weights.safetensors'), Buffer.concat(weights));
  return directory;
}

/** Lets every process do its calls at once; answers of both in their order. */
async function race(id: string, calls: [RegistryCall[], RegistryCall[]]): Promise<RegistryAnswer[]> {
  const task = (i: number): RegistryTask => ({ url: store.url, root, id, calls: calls[i]! });
  const answers = await Promise.all(racers.map((racer, i) => racer.run<RegistryAnswer[]>(task(i))));
  return answers.flat();
}

const registry = async () =>
  createSaeRegistry({
    findModel: createFindModel(undefined),
    store,
    events: createRunEvents(await openEventBus({ url: 'memory:' })),
    importRoots: [root],
    exportRoots: [root],
  });
const importing = (uri: string): RegistryCall => ({ do: 'import', uri });
const keysBelow = async (prefix: string) => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
};

/** The SAE is whole, and nothing of another writer lies beside it. */
async function valueOfWhole(id: string): Promise<number> {
  const { sae, manifest } = await openSaeArtifact(store, id);
  const files = Object.keys(manifest.files).map((name) => `${saeFilesPrefix(id, manifest)}/${name}`);
  expect((await keysBelow(`saes/${id}`)).sort()).toEqual([...files, `saes/${id}/manifest.json`].sort());
  return sae.b_dec[0]!;
}

describe('two processes that use one SAE id at once', () => {
  test(
    'import: one import wins, its SAE is whole, and the others are told',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const id = `import-${round}`;
        const [ones, twos] = sources.map(importing) as [RegistryCall, RegistryCall];
        const answers = await race(id, [
          [ones, ones],
          [twos, twos],
        ]);
        expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
        expect(answers.filter((answer) => answer === 'exists')).toHaveLength(3);
        expect(await valueOfWhole(id)).toBe(answers.indexOf('ok') < 2 ? 1 : 2);
      }
    },
    LIMIT_MS,
  );

  test(
    'update: each changes what it names, and no change is lost',
    async () => {
      const saes = await registry();
      await saes.importFrom({ id: 'texts', uri: sources[0], modelId: 'toy', hookPoint: '' });
      for (let round = 0; round < ROUNDS; round++) {
        const [displayName, description] = [`name ${round}`, `text ${round}`];
        const answers = await race('texts', [
          [{ do: 'update', change: { displayName } }],
          [{ do: 'update', change: { description } }],
        ]);
        expect(answers).toEqual(['ok', 'ok']);
        expect((await saes.get('texts')).texts).toEqual({ displayName, description });
      }
    },
    LIMIT_MS,
  );

  test(
    'delete and import: what is told adds up, and what stands is whole',
    async () => {
      const saes = await registry();
      let stands = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const own = importing(sources[round % 2]!);
        const answers = await race('both', [
          [own, { do: 'delete' }, own, { do: 'delete' }],
          [{ do: 'delete' }, own, { do: 'update', change: { displayName: 'x' } }, { do: 'delete' }],
        ]);
        const told = (kinds: string[], indexes: number[]) =>
          indexes.filter((i) => kinds.includes(answers[i]!)).length;
        const [imports, deletions] = [
          [0, 2, 5],
          [1, 3, 4, 7],
        ];
        for (const i of imports) expect(['ok', 'exists']).toContain(answers[i]);
        for (const i of [...deletions, 6]) expect(['ok', 'not-found', 'aborted']).toContain(answers[i]);
        stands += told(['ok'], imports) - told(['ok'], deletions);
        const found = await absentAsUndefined(() => openSaeArtifact(store, 'both'));
        expect(found ? 1 : 0).toBe(stands);
        if (found) await saes.get('both');
      }
    },
    LIMIT_MS,
  );

  test(
    'export: one of those who write one directory wins, and it is whole',
    async () => {
      const saes = await registry();
      await saes.importFrom({ id: 'out', uri: sources[0], modelId: 'toy', hookPoint: '' });
      await mkdir(join(root, 'exports'));
      for (let round = 0; round < ROUNDS; round++) {
        const uri = join(root, 'exports', `${round}`);
        const call: RegistryCall = { do: 'export', uri };
        const answers = await race('out', [
          [call, call],
          [call, call],
        ]);
        expect(answers.sort()).toEqual(['exists', 'exists', 'exists', 'ok']);
        expect((await readdir(uri)).sort()).toEqual(['cfg.json', 'sae_weights.safetensors']);
      }
      expect((await readdir(join(root, 'exports'))).length).toBe(ROUNDS);
    },
    LIMIT_MS,
  );
});

describe('two workers that publish one SAE id at once', () => {
  test(
    'of two runs and an import one wins, and the others are told',
    async () => {
      const runs = createRunStore(store);
      for (let round = 0; round < ROUNDS; round++) {
        const id = `trained-${round}`;
        const names = ['a', 'b'].map((name) => `${name}-${round}`);
        for (const name of names) await runs.create(runRecord(name, id));
        const publish = (i: number): RegistryCall => ({ do: 'publish', run: names[i]!, value: 3 + i });
        const answers = await race(id, [[publish(0)], [publish(1), importing(sources[0])]]);
        expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
        expect(answers.filter((answer) => answer === 'exists')).toHaveLength(2);
        expect(await valueOfWhole(id)).toBe([3, 4, 1][answers.indexOf('ok')]);
        const { trainingRun } = (await readSaeManifest(store, id)).manifest.body;
        expect(trainingRun).toBe(
          [`trainingRuns/${names[0]}`, `trainingRuns/${names[1]}`, undefined][answers.indexOf('ok')],
        );
      }
    },
    LIMIT_MS,
  );

  test(
    'of one run the SAE is published once, and none is told that it failed',
    async () => {
      const runs = createRunStore(store);
      for (let round = 0; round < ROUNDS; round++) {
        const [run, id] = [`once-${round}`, `once-${round}`];
        await runs.create(runRecord(run, id));
        const publish = (value: number): RegistryCall => ({ do: 'publish', run, value });
        const answers = await race(id, [[publish(3)], [publish(4)]]);
        // The one that was taken over before it published is told so.
        for (const answer of answers) expect(['ok', 'aborted']).toContain(answer);
        expect(answers).toContain('ok');
        await valueOfWhole(id);
      }
    },
    LIMIT_MS,
  );
});
