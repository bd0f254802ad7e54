import { openActivationSet } from '@facet/artifacts';
import { ActivationSetReady, DataType } from '@facet/contracts';
import { verifyManifest } from '@facet/objects';
import { decodeF16, decodeFloats, encodeBF16, encodeF16 } from '@facet/tensor';
import {
  type CaptureClient,
  type CaptureSetup,
  capture,
  dataFolders,
  finalState,
  HOOK,
  setUpCapture,
  tinySpec,
} from './testing/capture-setup.ts';
import { readAll } from './testing/read-all.ts';
import { TINY_BOS, TINY_D_IN, TINY_D_MLP, tinyIds } from './testing/tiny-model.ts';

/** Three documents; the second is longer than a context. */
const TEXT = 'Hi. | A longer one.\n|Ends';
const DOCUMENTS = ['Hi.', 'A longer one.', 'Ends'];

let setup: CaptureSetup;
let running: CaptureClient;

beforeAll(async () => {
  setup = await setUpCapture();
  running = await setup.start();
}, 60_000);
afterAll(() => setup?.close(), 30_000);

/**
 * The contexts of `documents` by the rule, written out slowly: BOS first, BOS between, exactly `size` tokens.
 */
function expectedContexts(documents: readonly string[], size: number): number[][] {
  const contexts: number[][] = [];
  let open: number[] | undefined;
  const put = (id: number) => {
    if (!open) {
      open = [TINY_BOS];
      contexts.push(open);
    }
    open.push(id);
    if (open.length === size) open = undefined;
  };
  for (const document of documents) {
    if (open) put(TINY_BOS);
    for (const id of tinyIds(document)) put(id);
  }
  return contexts;
}

/** What inference itself says of the contexts. */
async function directActivations(contexts: readonly number[][], hookPoint = HOOK): Promise<Float32Array> {
  const ids = Int32Array.from(contexts.flat());
  const tokenIds = { dtype: DataType.I32, shape: [ids.length], data: Buffer.from(ids.buffer) };
  const value = { tokenIds, lengths: contexts.map(({ length }) => length) };
  const request = {
    model: 'models/tiny',
    hookPoints: [hookPoint],
    input: { $case: 'tokens' as const, value },
    dtype: DataType.F32,
  };
  const parts: Buffer[] = [];
  for await (const { event } of setup.inference.computeActivations(request))
    if (event?.$case === 'block') parts.push(event.value.activations!.data);
  return decodeFloats(Buffer.concat(parts), 'F32', 'direct');
}

describe('a capture', () => {
  const contexts = expectedContexts(DOCUMENTS, 8);
  const ids = contexts.flat();

  test('packs the corpus and stores the model’s own activations, in partitions', async () => {
    const uri = await setup.corpus('text.txt', TEXT);
    const set = await capture(running.client, 'f32', tinySpec(uri, { dtype: DataType.F32 }));
    expect(set.error).toBeUndefined();
    expect(set.state).toBe('ACTIVATION_SET_STATE_ACTIVE');
    const found = await readAll(running.client.readActivations({ name: set.name }));
    expect(found.tokenIds).toEqual(ids);
    expect(found.positions).toEqual(contexts.flatMap((context) => context.map((_, position) => position)));
    expect(found.special).toEqual(ids.map((id) => (id === TINY_BOS ? 1 : 0)));
    // Context 1: BOS H i . BOS A ' ' l: the BOS between two documents belongs to the second.
    expect(found.documents.slice(0, 8)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(found.documents.at(-1)).toBe(2);
    const stored = decodeFloats(found.activations, 'F32', 'stored');
    const direct = await directActivations(contexts);
    expect(stored.length).toBe(ids.length * TINY_D_IN);
    for (let i = 0; i < stored.length; i++) expect(Math.abs(stored[i]! - direct[i]!)).toBeLessThan(1e-5);
    expect(set.summary).toMatchObject({
      rows: BigInt(ids.length),
      dIn: TINY_D_IN,
      documents: 3n,
      shards: Math.ceil(ids.length / 16),
    });
    expect(set.summary!.specialRows).toBe(BigInt(ids.filter((id) => id === TINY_BOS).length));
  });

  test('tells the mean norm of ordinary rows and where the set comes from', async () => {
    const { activationSet: set } = await running.client.getActivationSet({ name: 'activationSets/f32' });
    const direct = await directActivations(contexts);
    const norms = ids.flatMap((id, row) => {
      const values = direct.subarray(row * TINY_D_IN, (row + 1) * TINY_D_IN);
      return id === TINY_BOS ? [] : [Math.hypot(...values)];
    });
    expect(set!.summary!.meanNorm).toBeCloseTo(norms.reduce((a, b) => a + b) / norms.length, 4);
    const { model } = await setup.inference.getModel({ name: 'models/tiny' });
    const { modelSha256, tokenizerSha256 } = model!.lineage!;
    expect(set!.lineage).toMatchObject({
      modelId: 'tiny',
      modelSha256,
      tokenizerSha256,
      hookPoint: HOOK,
      activationSetId: 'f32',
    });
    expect(set!.lineage!.corpusSha256).toMatch(/^[0-9a-f]{64}$/);
    const opened = await openActivationSet(setup.store, 'f32');
    expect(set!.lineage!.activationSetSha256).toBe(opened.sha256);
    expect(opened.manifest.body).toMatchObject({ bosTokenId: TINY_BOS, contextTokens: 8, dtype: 'F32' });
    await verifyManifest(setup.store, 'activationSets/f32');
  });

  test('in F16 stores the same rows rounded to nearest even', async () => {
    const uri = await setup.corpus('text.txt', TEXT);
    const set = await capture(running.client, 'f16', tinySpec(uri));
    const f16 = await readAll(running.client.readActivations({ name: set.name }));
    const f32 = await readAll(running.client.readActivations({ name: 'activationSets/f32' }));
    const rounded = encodeF16(decodeFloats(f32.activations, 'F32', 'f32'));
    expect(new Uint16Array(new Uint8Array(f16.activations).buffer)).toEqual(rounded);
    const asF32 = await readAll(running.client.readActivations({ name: set.name, dtype: DataType.F32 }));
    expect(decodeFloats(asF32.activations, 'F32', 'f16 as f32')).toEqual(decodeF16(rounded));
  });

  test('in BF16 stores the same rows rounded to nearest even, and sends any set so', async () => {
    const uri = await setup.corpus('text.txt', TEXT);
    const set = await capture(running.client, 'bf16', { ...tinySpec(uri), dtype: DataType.BF16 });
    const bf16 = await readAll(running.client.readActivations({ name: set.name }));
    const f32 = await readAll(running.client.readActivations({ name: 'activationSets/f32' }));
    const rounded = encodeBF16(decodeFloats(f32.activations, 'F32', 'f32'));
    expect(new Uint16Array(new Uint8Array(bf16.activations).buffer)).toEqual(rounded);
    const sent = await readAll(
      running.client.readActivations({ name: 'activationSets/f32', dtype: DataType.BF16 }),
    );
    expect(sent.activations).toEqual(bf16.activations);
    await verifyManifest(setup.store, 'activationSets/bf16');
  });

  test('stores the neurons of an MLP, as wide as the MLP is', async () => {
    const uri = await setup.corpus('text.txt', TEXT);
    const hookPoint = 'blocks.1.mlp.hook_post';
    const spec = tinySpec(uri, { hookPoint, dtype: DataType.F32 });
    const set = await capture(running.client, 'neurons', spec);
    expect(set.summary).toMatchObject({ rows: BigInt(ids.length), dIn: TINY_D_MLP });
    const { activations } = await readAll(running.client.readActivations({ name: set.name }));
    const stored = decodeFloats(activations, 'F32', 'stored');
    const direct = await directActivations(contexts, hookPoint);
    expect(stored.length).toBe(ids.length * TINY_D_MLP);
    for (let i = 0; i < stored.length; i++) expect(Math.abs(stored[i]! - direct[i]!)).toBeLessThan(1e-5);
  });

  test('stops at exactly max_tokens rows', async () => {
    const uri = await setup.corpus('text.txt', TEXT);
    for (const maxTokens of [1n, 8n, 13n, 16n, 17n]) {
      const set = await capture(running.client, `max-${maxTokens}`, tinySpec(uri, { maxTokens }));
      expect(set.summary?.rows).toBe(maxTokens);
      const { tokenIds } = await readAll(running.client.readActivations({ name: set.name }));
      expect(tokenIds).toEqual(ids.slice(0, Number(maxTokens)));
    }
  });

  test('reads JSON lines', async () => {
    const lines = DOCUMENTS.map((body) => JSON.stringify({ body })).join('\n');
    const uri = await setup.corpus('lines.jsonl', lines);
    const corpus = { uri, format: { $case: 'jsonLines' as const, value: { textField: 'body' } } };
    const set = await capture(running.client, 'jsonl', tinySpec(uri, { corpus }));
    const { tokenIds } = await readAll(running.client.readActivations({ name: set.name }));
    expect(tokenIds).toEqual(ids);
    expect(set.spec?.corpus).toEqual(corpus);
  });

  test('says once that it is ready, and tells its progress on the way', async () => {
    const uri = await setup.corpus('long.txt', 'abcdefg|'.repeat(600));
    const ready: ActivationSetReady[] = [];
    const stop = new AbortController();
    const events = setup.bus.subscribe('facet.activation.set.ready', { signal: stop.signal });
    await events.ready;
    const listening = (async () => {
      for await (const { payload } of events) ready.push(ActivationSetReady.decode(payload));
    })();
    await running.client.createActivationSet({
      activationSetId: 'ready',
      spec: tinySpec(uri, { partitionTokens: 128 }),
    });
    const dones: bigint[] = [];
    for await (const { activationSet } of running.client.watchActivationSet({ name: 'activationSets/ready' }))
      dones.push(activationSet!.progress!.done);
    expect(dones).toEqual([...dones].sort((a, b) => Number(a - b)));
    expect(dones.at(-1)).toBe(4800n);
    stop.abort();
    await listening;
    expect(ready).toHaveLength(1);
    expect(ready[0]).toMatchObject({ activationSet: 'activationSets/ready', rows: 4800n });
    const { activationSet: set } = await running.client.getActivationSet({ name: 'activationSets/ready' });
    expect(set?.progress).toMatchObject({ stage: 'done', done: 4800n, total: 4800n, unit: 'tokens' });
    expect(await dataFolders(setup.store, 'ready')).toEqual(['partitions', 'shards']);
  });
});

describe('a capture that cannot be', () => {
  const create = (spec: ReturnType<typeof tinySpec>) => running.client.createActivationSet({ spec });

  test('is refused at once where the request is wrong', async () => {
    const uri = await setup.corpus('text.txt', TEXT);
    const refusals: [Parameters<typeof tinySpec>[1], object][] = [
      [{ model: 'models/none' }, { kind: 'not-found' }],
      [{ model: 'tiny' }, { kind: 'invalid', field: 'spec.model' }],
      [
        { hookPoint: 'blocks.0.hook_resid_pots' },
        { kind: 'invalid', message: expect.stringContaining(`did you mean ${HOOK}?`) },
      ],
      [{ hookPoint: '' }, { kind: 'invalid', field: 'spec.hook_point' }],
      [{ contextTokens: 65 }, { kind: 'invalid', field: 'spec.context_tokens' }],
      [{ partitionTokens: 4 }, { kind: 'invalid', field: 'spec.partition_tokens' }],
      [{ dtype: DataType.I32 }, { kind: 'invalid', field: 'spec.dtype' }],
      [{ maxTokens: 2n ** 60n }, { kind: 'invalid', field: 'spec.max_tokens' }],
      [
        { corpus: { uri: `${uri}.none` } },
        { kind: 'not-found', message: expect.stringContaining(`${uri}.none`) },
      ],
      [{ corpus: { uri: 'text.txt' } }, { kind: 'invalid', field: 'spec.corpus.uri' }],
      [{ corpus: { uri: '' } }, { kind: 'invalid', field: 'spec.corpus.uri' }],
    ];
    for (const [change, refusal] of refusals)
      await expect(create(tinySpec(uri, change))).rejects.toMatchObject(refusal);
    await expect(running.client.createActivationSet({})).rejects.toMatchObject({
      kind: 'invalid',
      field: 'spec',
    });
    await expect(
      running.client.createActivationSet({ activationSetId: 'Not An Id', spec: tinySpec(uri) }),
    ).rejects.toMatchObject({ kind: 'invalid' });
  });

  test.each<[string, string | Uint8Array, string, RegExp]>([
    ['empty', '', 'CORPUS_EMPTY', /holds no text/],
    ['blank', ' \n | \n|', 'CORPUS_EMPTY', /holds no text/],
    [
      'not UTF-8',
      // Behind what is looked at when the set is made.
      Buffer.concat([Buffer.from(`good|${' '.repeat(300_000)}`), Buffer.from([0xe9])]),
      'CORPUS_NOT_UTF8',
      /byte 300005 is 0xE9, in line 1/,
    ],
  ])(
    'fails with a reason where the corpus is %s, and leaves nothing',
    async (name, content, reason, message) => {
      const uri = await setup.corpus('bad.txt', content);
      const id = `bad-${name.toLowerCase().replaceAll(' ', '-')}`;
      const set = await capture(running.client, id, tinySpec(uri));
      expect(set.state).toBe('ACTIVATION_SET_STATE_FAILED');
      expect(set.error).toMatchObject({ reason, message: expect.stringMatching(message) });
      expect(set.summary).toBeUndefined();
      expect(await dataFolders(setup.store, id)).toEqual([]);
      await expect(
        running.client.readActivations({ name: set.name })[Symbol.asyncIterator]().next(),
      ).rejects.toMatchObject({ kind: 'precondition' });
    },
  );

  test('fails after it began where a later line is broken, and leaves nothing', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => JSON.stringify({ text: `line ${i}` }));
    lines[19_000] = '{"text":';
    const uri = await setup.corpus('broken.jsonl', lines.join('\n'));
    const corpus = { uri, format: { $case: 'jsonLines' as const, value: {} } };
    const set = await capture(running.client, 'broken', tinySpec(uri, { corpus, partitionTokens: 1024 }));
    expect(set.state).toBe('ACTIVATION_SET_STATE_FAILED');
    expect(set.error?.message).toContain('line 19001 of the corpus');
    await quiet('broken');
    expect(await dataFolders(setup.store, 'broken')).toEqual([]);
  }, 120_000);
});

/** Waits until no job is left. */
async function quiet(id: string): Promise<void> {
  await finalState(running.client, id);
  for (;;) {
    const { pending, active } = await setup.bus.queueDepth('capture');
    if (pending + active === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
