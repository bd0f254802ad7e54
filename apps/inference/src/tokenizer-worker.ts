import { parentPort, workerData } from 'node:worker_threads';
import { isFacetError } from '@facet/errors';
import { loadTokenizer } from '@facet/transformer';
import { joinSequences } from './token-sequences.ts';
import type { EncodeCall, EncodeReply, TokenizerThreadData } from './tokenizer-protocol.ts';

// The thread of `createTokenizerThread`: encodes what it is sent, one call after another.
const port = parentPort!;
const loading = loadTokenizer((workerData as TokenizerThreadData).directory);

port.on('message', async ({ id, texts, addSpecial }: EncodeCall) => {
  const outcome = await encode(texts, addSpecial).catch(describe);
  const reply: EncodeReply = { id, outcome };
  port.postMessage(reply, 'ids' in outcome ? [outcome.ids.buffer as ArrayBuffer] : []);
});

async function encode(texts: readonly string[], addSpecial: boolean) {
  const tokenizer = await loading;
  const { ids, lengths } = joinSequences(texts.map((text) => tokenizer.encode(text, { addSpecial }).ids));
  return { ids, lengths: [...lengths] };
}

function describe(error: unknown): EncodeReply['outcome'] {
  if (isFacetError(error)) return { kind: error.kind, message: error.message, reason: error.reason };
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
