import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createWorld, generateDocument, generateSteeringDocument, type Part } from './src/index.ts';
import { createTokenEncoder, encodeTexts, tokenizerFiles, trainTokenizer } from './src/tokenizer/index.ts';

/** Documents from which the tokenizer learns its merges; more change hardly anything. */
const TOKENIZER_DOCUMENTS = 40_000;

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '.facet/landmarks' },
    seed: { type: 'string', default: '0' },
    documents: { type: 'string', default: '400000' },
    'heldout-documents': { type: 'string', default: '4000' },
    'echo-documents': { type: 'string', default: '150000' },
    'vocab-size': { type: 'string', default: '4096' },
    context: { type: 'string', default: '192' },
  },
});
const seed = Number(values.seed);
const world = createWorld();

function* texts(part: Part, count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield generateDocument(world, { seed, part, index }).text;
}

function* echoTexts(count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield generateSteeringDocument(world, { seed, index }).text;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const asBytes = ({ buffer, byteOffset, byteLength }: Uint16Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

await mkdir(values.out, { recursive: true });
const model = trainTokenizer(texts('train', TOKENIZER_DOCUMENTS), {
  vocabSize: Number(values['vocab-size']),
});
const encoder = createTokenEncoder(model);
const train = encodeTexts(encoder, texts('train', Number(values.documents)));
const heldout = encodeTexts(encoder, texts('heldout', Number(values['heldout-documents'])));
const echo = encodeTexts(encoder, echoTexts(Number(values['echo-documents'])));
const n_ctx = Number(values.context);
const record = {
  seed,
  documents: Number(values.documents),
  heldout_documents: Number(values['heldout-documents']),
  echo_documents: Number(values['echo-documents']),
  concepts: world.concepts.length,
  vocab_size: model.tokens.length,
  n_ctx,
  train_tokens: train.length,
  heldout_tokens: heldout.length,
  echo_tokens: echo.length,
  train_sha256: sha256(asBytes(train)),
  heldout_sha256: sha256(asBytes(heldout)),
  echo_sha256: sha256(asBytes(echo)),
};
await writeFile(join(values.out, 'train.bin'), train);
await writeFile(join(values.out, 'heldout.bin'), heldout);
await writeFile(join(values.out, 'echo.bin'), echo);
for (const [name, text] of Object.entries(tokenizerFiles(model, { n_ctx })))
  await writeFile(join(values.out, name), text);
await writeFile(join(values.out, 'corpus.json'), `${JSON.stringify(record, null, 2)}\n`);
console.log(JSON.stringify(record));
