import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { createLogger } from '@facet/mesh';
import type { CaptureContext } from '../capture-context.ts';
import { createInference, type Inference } from '../capturing/inference.ts';
import PARQUET from '../corpus/testing/parquet-files.json' with { type: 'json' };
import type { SetPlan, SetRecord } from '../sets/set-record.ts';
import { createSetStore } from '../sets/set-store.ts';
import {
  type CaptureClient,
  type CaptureSetup,
  type SpecInput,
  setUpCapture,
  tinySpec,
} from '../testing/capture-setup.ts';
import { planSet } from './plan-set.ts';

let setup: CaptureSetup;
let api: CaptureClient;

beforeAll(async () => {
  setup = await setUpCapture();
  api = await setup.start({ roles: ['api'] });
}, 60_000);
afterAll(() => setup?.close(), 30_000);

/** Documents of many lengths, some longer than a piece, in half a dozen pieces. */
const CORPUS = Array.from({ length: 900 }, (_, i) => 'abcdefg'.repeat(1 + ((i * i) % 97)))
  .join('|')
  .slice(0, 400_000);
const PARTITION_TOKENS = 16_384;

/** Plans a set as a worker does, until its inputs are `inputs`; tells what was tokenized. */
async function plan(record: SetRecord, inputs = Number.POSITIVE_INFINITY): Promise<string[]> {
  const stop = new AbortController();
  const real = createInference(setup.inference);
  const texts: string[] = [];
  const sets = createSetStore(setup.store);
  const inference: Inference = {
    ...real,
    async tokenize(id, asked, signal) {
      texts.push(...asked);
      if ((await sets.capture(record).planning()).flatMap(({ partitions }) => partitions).length >= inputs)
        stop.abort(new Error('killed'));
      return real.tokenize(id, asked, signal);
    },
  };
  const { store, bus } = setup;
  const logger = createLogger({ service: 'capture', level: 'silent' });
  const names = { workerId: 'w', requestTokens: 1024, corpusRoots: [setup.folder] };
  const context: CaptureContext = { store, sets, bus, inference, logger, now: () => new Date(), ...names };
  const planning = planSet(context, record, stop.signal);
  if (inputs === Number.POSITIVE_INFINITY) await planning;
  else await expect(planning).rejects.toThrow();
  return texts;
}

async function create(id: string, uri: string, maxTokens = 0, more: SpecInput = {}): Promise<SetRecord> {
  const spec = tinySpec(uri, {
    contextTokens: 64,
    partitionTokens: PARTITION_TOKENS,
    maxTokens: BigInt(maxTokens),
    ...more,
  });
  await api.client.createActivationSet({ activationSetId: id, spec });
  return createSetStore(setup.store).read(id);
}

async function planned(id: string): Promise<Omit<SetPlan, 'uid'>> {
  const sets = createSetStore(setup.store);
  const { uid: _, ...rest } = (await sets.capture(await sets.read(id)).plan())!;
  return rest;
}

async function inputVersions(id: string): Promise<Map<string, string>> {
  const versions = new Map<string, string>();
  const { folder } = createSetStore(setup.store).capture(await createSetStore(setup.store).read(id));
  for await (const { key } of setup.store.list(`activationSets/${id}/${folder}/inputs`))
    versions.set(key.slice(key.indexOf('/inputs/')), (await setup.store.readVersion(key)).version);
  return versions;
}

describe('a plan that is interrupted', () => {
  test.each([
    ['the whole corpus', 0, [1, 8, 15]],
    ['a limit of tokens', 200_001, [1, 9]],
  ])(
    'goes on where it was and ends alike: %s',
    async (name, maxTokens, stops) => {
      const uri = await setup.corpus(`${maxTokens}.txt`, CORPUS);
      const whole = await create(`whole-${maxTokens}`, uri, maxTokens);
      const texts = await plan(whole);
      expect(name).not.toBe('');
      for (const stop of stops) {
        const record = await create(`cut-${maxTokens}-${stop}`, uri, maxTokens);
        await plan(record, stop);
        const before = await inputVersions(record.id);
        expect(before.size).toBeGreaterThanOrEqual(stop);
        const rest = await plan(record);
        // Nothing of what was packed before is tokenized or written again.
        expect(rest.length).toBeLessThan(texts.length);
        expect(texts.slice(texts.length - rest.length)).toEqual(rest);
        const after = await inputVersions(record.id);
        const kept = [...before].filter(([key, version]) => after.get(key) === version);
        expect(kept.length).toBeGreaterThanOrEqual(stop);
        expect(await planned(record.id)).toEqual(await planned(whole.id));
      }
    },
    240_000,
  );

  test('that was interrupted again and again goes forward every time', async () => {
    const uri = await setup.corpus('again.txt', CORPUS);
    const whole = await create('whole-again', uri);
    const all = await plan(whole);
    const record = await create('again', uri);
    let last = Number.POSITIVE_INFINITY;
    for (const stop of [1, 6, 11, 16]) {
      await plan(record, stop);
      const { pieces } = (await createSetStore(setup.store).capture(record).planning()).at(-1)!;
      expect(pieces).toBeGreaterThan(last === Number.POSITIVE_INFINITY ? 0 : last);
      last = pieces;
    }
    expect((await plan(record)).length).toBeLessThan(all.length);
    expect(await planned('again')).toEqual(await planned('whole-again'));
  }, 240_000);

  const objects = CORPUS.split('|').map((text) => JSON.stringify({ text }));
  const rows = CORPUS.split('|').map((text, i) => `${i},"${text}"\n`);

  test.each<[string, string | Uint8Array, number, SpecInput]>([
    ['lines.jsonl.gz', gzipSync(objects.join('\n')), 9, {}],
    ['array.json', `[${objects.join(',')}]`, 9, {}],
    ['table.csv', `id,text\n${rows.join('')}`, 9, {}],
    ['rows.parquet', Buffer.from(PARQUET.zstd, 'base64'), 1, { contextTokens: 4, partitionTokens: 4 }],
  ])(
    'goes on where it was in %s',
    async (name, content, stop, more) => {
      const uri = await setup.corpus(name, content);
      const id = name.replaceAll('.', '-');
      const spec = { ...more, corpus: { uri } };
      const whole = await create(`whole-${id}`, uri, 0, spec);
      const texts = await plan(whole);
      const record = await create(`cut-${id}`, uri, 0, spec);
      await plan(record, stop);
      const rest = await plan(record);
      expect(rest.length).toBeLessThan(texts.length);
      expect(await planned(record.id)).toEqual(await planned(whole.id));
    },
    240_000,
  );

  test.each([
    ['changed', `x${CORPUS.slice(1)}`],
    ['became shorter', CORPUS.slice(0, 1000)],
  ])(
    'says so where what it packed before %s',
    async (how, content) => {
      const id = `corpus-${how.replace(/ /g, '-')}`;
      const uri = await setup.corpus(`${id}.txt`, CORPUS);
      const record = await create(id, uri);
      await plan(record, 1);
      await writeFile(uri, content);
      await expect(plan(record)).rejects.toMatchObject({ kind: 'precondition', reason: 'CORPUS_CHANGED' });
    },
    120_000,
  );
});
