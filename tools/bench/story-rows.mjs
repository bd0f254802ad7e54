// Rows of a model on a text, in this process: what `facet capture` packs and reads, without services and object store.
import { createReadStream } from 'node:fs';
import { createTextSplitter } from '../../apps/capture/src/corpus/documents.ts';
import { createPacker } from '../../apps/capture/src/planning/packer.ts';
import { openModelRuntime } from '../../libs/model-runtime/src/open-model-runtime.ts';
import { createRandom, shuffle } from '../../libs/random/src/index.ts';
import { loadTokenizer } from '../../libs/transformer/src/index.ts';

const CONTEXT_TOKENS = 256;
/** Contexts of one forward pass. */
const BATCH = 64;

/**
 * Captures `train` rows in seeded random order and `heldOut` rows behind them, [train + heldOut, d_in], BOS and special tokens
 * left out. Every text gives its share of both: held-out rows are of the end of a text, the others of its beginning. `texts` are
 * of documents between `<|endoftext|>`, which follow one another in contexts of 256 tokens.
 */
export async function captureRows({ model: directory, hookPoint, texts, train, heldOut }) {
  const tokenizer = await loadTokenizer(directory);
  const packed = [];
  for (const path of texts) packed.push(await packText(path, tokenizer));
  const all = packed.reduce((sum, { rows }) => sum + rows, 0);
  if (all < train + heldOut) throw new Error(`the texts have ${all} rows, fewer than ${train + heldOut}`);
  const model = await openModelRuntime(directory);
  try {
    const reader = { model, hookPoint, isSpecial: tokenizer.isSpecial };
    const d_in = model.hookPoints.find(({ name }) => name === hookPoint).width;
    const rows = new Float32Array((train + heldOut) * d_in);
    const [first, last] = [rows.subarray(0, train * d_in), rows.subarray(train * d_in)];
    await fill(first, { packed, d_in }, (contexts) => read(reader, contexts));
    await fill(last, { packed, d_in }, (contexts) => read(reader, contexts.toReversed()));
    shuffleRows(first, d_in);
    return { rows, d_in };
  } finally {
    await model.close();
  }
}

/** Packs a text into whole contexts. */
async function packText(path, tokenizer) {
  const splitter = createTextSplitter('<|endoftext|>');
  const { bosTokenId } = tokenizer;
  const packer = createPacker({
    contextTokens: CONTEXT_TOKENS,
    partitionTokens: CONTEXT_TOKENS,
    bosTokenId,
    separatorTokenId: bosTokenId,
    maxTokens: 0,
    separateDocuments: false,
  });
  const contexts = [];
  const push = async (sections) => {
    for (const { text, begins } of sections) {
      const { ids } = await tokenizer.encode(text, { addSpecial: false });
      contexts.push(...packer.push(Int32Array.from(ids), begins));
    }
  };
  for await (const piece of createReadStream(path, { encoding: 'utf8' })) await push(splitter.push(piece));
  await push(await splitter.end());
  // The last context of a text is shorter.
  const whole = contexts.map(({ tokenIds }) => tokenIds).filter(({ length }) => length === CONTEXT_TOKENS);
  const isOrdinary = (id) => !tokenizer.isSpecial(id);
  const rows = whole.reduce((sum, context) => sum + context.filter(isOrdinary).length, 0);
  return { contexts: whole, rows };
}

/** Fills `rows` with what `readText` gives of every text, its share of each. */
async function fill(rows, { packed, d_in }, readText) {
  const all = packed.reduce((sum, text) => sum + text.rows, 0);
  let at = 0;
  let seen = 0;
  for (const text of packed) {
    seen += text.rows;
    const end = d_in * Math.round((rows.length / d_in) * (seen / all));
    for await (const block of readText(text.contexts)) {
      const part = block.subarray(0, end - at);
      rows.set(part, at);
      at += part.length;
      if (at === end) break;
    }
  }
}

/** Gives the ordinary rows of contexts, those of a batch at a time. */
async function* read({ model, hookPoint, isSpecial }, contexts) {
  for (let first = 0; first < contexts.length; first += BATCH) {
    const batch = contexts.slice(first, first + BATCH);
    const tokens = new Int32Array(batch.length * CONTEXT_TOKENS);
    batch.forEach((context, i) => {
      tokens.set(context, i * CONTEXT_TOKENS);
    });
    const { activations } = await model.forward({ tokens, batch: batch.length, hookPoints: [hookPoint] });
    const { data, width } = activations.get(hookPoint);
    const ordinary = Array.from(tokens.keys()).filter((row) => !isSpecial(tokens[row]));
    const rows = new Float32Array(ordinary.length * width);
    ordinary.forEach((row, i) => {
      rows.set(data.subarray(row * width, (row + 1) * width), i * width);
    });
    yield rows;
  }
}

/** Shuffles whole rows in place. */
function shuffleRows(rows, d_in) {
  const order = shuffle(
    Uint32Array.from({ length: rows.length / d_in }, (_, i) => i),
    createRandom(0n),
  );
  const before = rows.slice();
  order.forEach((from, to) => {
    rows.set(before.subarray(from * d_in, (from + 1) * d_in), to * d_in);
  });
}
