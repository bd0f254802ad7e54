import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clients, collect, createClients } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { filesIn } from './system/store-listing.ts';
import { type System, startSystem } from './system/system.ts';
import { captureSet, MODEL, setEnd, setRequest, trainSae } from './system/tiny-way.ts';

const D_SAE = 128;
const N_CTX = 512;

describeWithModels(
  'a request that cannot be served is refused with its remedy and leaves nothing, where',
  () => {
    let system: System;
    let clients: Clients;
    let folder: string;
    let before: string[];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'facet-refused-'));
      system = await startSystem({ models: [MODEL_DIRECTORY] });
      clients = createClients(system.addresses);
      await captureSet(clients, 'tiny', 8192);
      expect((await trainSae(clients, 'tiny', D_SAE)).error).toBeUndefined();
    }, 120_000);

    afterAll(async () => {
      clients?.close();
      await system?.stop();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    beforeEach(async () => {
      before = await filesIn(system.objectsUrl);
    });

    type Edit = NonNullable<Parameters<Clients['steering']['generateSteeredText']>[0]['edits']>[number];
    const clamp = (feature: number, value: number): Edit => ({
      feature: `saes/tiny/features/${feature}`,
      mode: { $case: 'clamp', value },
    });
    const steer = (prompt: string, edit: Edit) =>
      collect(clients.steering.generateSteeredText({ prompt, edits: [edit], sampling: { maxTokens: 4 } }));
    const captureAt = (hookPoint: string) => {
      const { spec, ...request } = setRequest('hook', { tokens: 1000 });
      return clients.activationSets.createActivationSet({ ...request, spec: { ...spec, hookPoint } });
    };
    const captureFrom = (uri: string) =>
      clients.activationSets.createActivationSet(setRequest('missing', { tokens: 1000, uri }));
    const words = 'once '.repeat(N_CTX);
    const generate = () =>
      clients.inference.generateText({ model: MODEL, prompt: { $case: 'text', value: words } });

    test.each<[string, () => Promise<unknown>, { kind: string; reason: string }, ...RegExp[]]>([
      [
        'the hook point does not exist',
        () => captureAt('blocks.2.hook_resid_pots'),
        { kind: 'invalid', reason: 'UNKNOWN_HOOK_POINT' },
        /blocks\.2\.hook_resid_pots/,
        /blocks\.2\.hook_resid_post\b/,
      ],
      [
        'the prompt is longer than the context',
        () => collect(generate()),
        { kind: 'invalid', reason: 'CONTEXT_EXCEEDED' },
        /\d{3,} tokens/,
        /512/,
      ],
      [
        'the prompt of steered text is longer than the context',
        () => steer(words, clamp(1, 1)),
        { kind: 'invalid', reason: 'CONTEXT_EXCEEDED' },
        /\d{3,} tokens/,
        /512/,
      ],
      [
        'the SAE has no such feature',
        () => steer('Once', clamp(70_000, 1)),
        { kind: 'not-found', reason: 'FEATURE_NOT_FOUND' },
        /saes\/tiny has no feature 70000; d_sae is 128/,
      ],
      [
        'the strength is not finite',
        () => steer('Once', clamp(1, Number.NaN)),
        { kind: 'invalid', reason: 'NON_FINITE_VALUE' },
        /NaN is not a finite number/,
      ],
      [
        'the strength is infinite',
        () => steer('Once', clamp(1, Number.NEGATIVE_INFINITY)),
        { kind: 'invalid', reason: 'NON_FINITE_VALUE' },
        /-Infinity is not a finite number/,
      ],
      [
        'the strength is absurd',
        () => steer('Once', clamp(1, 1e30)),
        { kind: 'invalid', reason: 'STRENGTH_OUT_OF_RANGE' },
        /1e\+30 is absurdly strong; stay within ±/,
      ],
      [
        'the corpus does not exist',
        () => captureFrom(join(folder, 'nowhere.txt')),
        { kind: 'not-found', reason: 'CORPUS_NOT_FOUND' },
        /the corpus .*nowhere\.txt" does not exist where the capture workers run/,
      ],
    ])('%s', async (_, call, refusal, ...says) => {
      const error = await call().then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error).toMatchObject(refusal);
      for (const pattern of says) expect(error.message).toMatch(pattern);
      expect(await filesIn(system.objectsUrl)).toEqual(before);
    });

    test.each<[string, string, Uint8Array, string, RegExp]>([
      ['empty', 'empty', Buffer.alloc(0), 'CORPUS_EMPTY', /the corpus .*empty\.txt" holds no text/],
      [
        'not UTF-8, far behind its start',
        'latin',
        Buffer.concat([
          Buffer.from('A dog ran.\n'.repeat(28_000)),
          Buffer.from([0xe9]),
          Buffer.from(' ran.'),
        ]),
        'CORPUS_NOT_UTF8',
        /latin\.txt" is not UTF-8: byte 308000 is 0xE9, in line 28001; convert it/,
      ],
    ])('the corpus is %s', async (_, id, content, reason, message) => {
      const uri = join(folder, `${id}.txt`);
      await writeFile(uri, content);
      await clients.activationSets.createActivationSet(
        setRequest(id, { tokens: 1_000_000, uri, partitionTokens: 1024 }),
      );
      const set = await setEnd(clients, id);
      expect(set.state).toBe('ACTIVATION_SET_STATE_FAILED');
      expect(set.error).toMatchObject({ reason, message: expect.stringMatching(message) });
      const added = (await settledFiles(system.objectsUrl)).filter((file) => !before.includes(file));
      const own = `activationSets/${id}/captures/`;
      expect(
        added.map((file) => (file.startsWith(own) ? file.replace(/captures\/[^/]+\//, '') : file)).sort(),
      ).toEqual(['outcome.json', 'set.json', 'started.json'].map((file) => `activationSets/${id}/${file}`));
    });
  },
);

/** The files of the store once nobody writes any more: jobs that ran when a set failed clean up behind it. */
async function settledFiles(objectsUrl: string): Promise<string[]> {
  const giveUpMs = Date.now() + 10_000;
  for (;;) {
    const files = await filesIn(objectsUrl);
    if (!files.some((key) => key.endsWith('.safetensors') && !/\/tiny\//.test(key)) || Date.now() > giveUpMs)
      return files;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
