import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataType } from '@facet/contracts';
import { answerTensors, idTensor } from '@facet/mesh';
import { decodeFloats } from '@facet/tensor';
import {
  type CaptureClient,
  type CaptureSetup,
  capture,
  HOOK,
  setUpCapture,
  tinySpec,
} from '../testing/capture-setup.ts';
import { readAll } from '../testing/read-all.ts';

const STORIES = fileURLToPath(new URL('../../../../../shared/data/models/stories260K', import.meta.url));
const hasStories = existsSync(STORIES);
if (!hasStories) console.warn(`SKIPPED: no pretrained model at ${STORIES}`);

const CONTEXT = 24;
/** All rows in one partition. */
const WHOLE = { contextTokens: 16, partitionTokens: 16_384 };
/** Of several lengths; the third is longer than a context for both models. */
const DOCUMENTS = [
  'Yes, mom.',
  'Once upon a time',
  'One day, a little girl named Lily found a needle in her room. She knew it was difficult to play with it.',
  'No.',
  'Tom was sad.',
  'The sun was hot.',
];

let setup: CaptureSetup;
let running: CaptureClient;

beforeAll(async () => {
  setup = await setUpCapture(hasStories ? [STORIES] : []);
  running = await setup.start();
}, 60_000);
afterAll(() => setup?.close(), 30_000);

/** Captures the documents, each in contexts of its own, in partitions that hold about two contexts. */
async function captureSeparately(model: string) {
  const lines = DOCUMENTS.map((text) => JSON.stringify({ text })).join('\n');
  const uri = await setup.corpus('dialogues.jsonl', lines);
  return capture(running.client, `separate-${model}`, {
    model: `models/${model}`,
    hookPoint: HOOK,
    corpus: { uri, format: { $case: 'jsonLines', value: {} } },
    contextTokens: CONTEXT,
    partitionTokens: 2 * CONTEXT,
    dtype: DataType.F32,
    separateDocuments: true,
  });
}

/** The contexts of a document: its tokens, cut where a context is full, each part behind BOS. */
async function contextsOf(model: string, text: string): Promise<number[][]> {
  const { tokens } = await setup.inference.tokenizeText({ model, texts: [text], addSpecialTokens: true });
  const [bos, ...rest] = answerTensors.ids(tokens!.tokenIds, ['n'], 'token_ids');
  const contexts: number[][] = [];
  for (let start = 0; start < rest.length; start += CONTEXT - 1)
    contexts.push([bos!, ...rest.slice(start, start + CONTEXT - 1)]);
  return contexts;
}

/** What inference says of one context that it is given alone. */
async function activationsAlone(model: string, context: readonly number[]): Promise<number[]> {
  const tokens = { tokenIds: idTensor(Int32Array.from(context)), lengths: [context.length] };
  const parts: Buffer[] = [];
  for await (const { event } of setup.inference.computeActivations({
    model,
    hookPoints: [HOOK],
    input: { $case: 'tokens', value: tokens },
    dtype: DataType.F32,
  }))
    if (event?.$case === 'block') parts.push(event.value.activations!.data);
  return [...decodeFloats(Buffer.concat(parts), 'F32', 'alone')];
}

describe.each(hasStories ? ['tiny', 'stories260k'] : ['tiny'])('separate documents of %s', (id) => {
  const model = `models/${id}`;

  test('have the positions and the activations of the document alone', async () => {
    const set = await captureSeparately(id);
    expect(set.error).toBeUndefined();
    expect(set.spec).toMatchObject({ separateDocuments: true, contextTokens: CONTEXT });
    const perDocument: number[][][] = [];
    for (const text of DOCUMENTS) perDocument.push(await contextsOf(model, text));
    const contexts = perDocument.flat();
    expect(perDocument[2]!.length).toBeGreaterThan(1);
    expect(new Set(contexts.map(({ length }) => length)).size).toBeGreaterThan(3);
    const found = await readAll(running.client.readActivations({ name: set.name }));
    expect(found.tokenIds).toEqual(contexts.flat());
    expect(found.positions).toEqual(contexts.flatMap((context) => context.map((_, position) => position)));
    expect(found.documents).toEqual(
      perDocument.flatMap((parts, document) => parts.flat().map(() => document)),
    );
    expect(set.summary).toMatchObject({
      documents: BigInt(DOCUMENTS.length),
      rows: BigInt(contexts.flat().length),
    });
    const stored = decodeFloats(found.activations, 'F32', 'stored');
    const alone: number[] = [];
    for (const context of contexts) alone.push(...(await activationsAlone(model, context)));
    expect(stored).toHaveLength(alone.length);
    const largest = Math.max(...alone.map(Math.abs));
    const difference = alone.reduce((most, value, i) => Math.max(most, Math.abs(value - stored[i]!)), 0);
    expect(difference / largest).toBeLessThan(1e-5);
  });
});

test('more documents than a request to inference takes are captured in several', async () => {
  const documents = 5000;
  const uri = await setup.corpus('many.txt', 'a|'.repeat(documents));
  const set = await capture(running.client, 'many', tinySpec(uri, { ...WHOLE, separateDocuments: true }));
  expect(set.error).toBeUndefined();
  expect(set.summary).toMatchObject({ documents: 5000n, rows: 10_000n, shards: 1 });
});

test('documents share contexts unless they are asked to be separate, also in sets of before', async () => {
  const uri = await setup.corpus('shared.txt', 'ab|cd');
  const set = await capture(running.client, 'shared', tinySpec(uri, WHOLE));
  expect(set.spec?.separateDocuments).toBe(false);
  const { positions } = await readAll(running.client.readActivations({ name: set.name }));
  expect(positions).toEqual([0, 1, 2, 3, 4, 5]);

  const key = `${set.name}/set.json`;
  const record = JSON.parse(Buffer.from(await setup.store.read(key)).toString());
  expect(record.spec.separateDocuments).toBe(false);
  delete record.spec.separateDocuments;
  await setup.store.write(key, Buffer.from(JSON.stringify(record)));
  const { activationSet } = await running.client.getActivationSet({ name: set.name });
  expect(activationSet?.spec).toEqual(set.spec);
});
