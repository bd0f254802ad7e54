import { parentPort, workerData } from 'node:worker_threads';
import { isFacetError } from '@facet/errors';
import { loadTokenizer, type Tokenizer } from '@facet/transformer';
import { joinSequences } from './token-sequences.ts';
import type {
  DecodedStep,
  DecodeStep,
  EncodedTexts,
  TokenizerFacts,
  TokenizerJob,
  TokenizerReply,
  TokenizerResults,
  TokenizerThreadData,
} from './tokenizer-protocol.ts';

// The thread of `startTokenizerThread`: loads its tokenizer, then does one job after another.
const port = parentPort!;
const { directory, position } = workerData as TokenizerThreadData;
const loading = loadTokenizer(directory);

say(await loading.then((tokenizer) => ({ facts: factsOf(tokenizer) }), describe));

port.on('message', async (job: TokenizerJob) => {
  say(await loading.then((tokenizer) => ({ result: perform(tokenizer, job) })).catch(describe));
});

function say(reply: TokenizerReply): void {
  const result = 'result' in reply ? reply.result : undefined;
  port.postMessage(reply, result && 'ids' in result ? [result.ids.buffer as ArrayBuffer] : []);
}

function factsOf({ vocabSize, tokenIds, specialTokenIds, bosTokenId }: Tokenizer): TokenizerFacts {
  return { vocabSize, tokenIds, specialTokenIds, bosTokenId };
}

function perform(tokenizer: Tokenizer, job: TokenizerJob): TokenizerResults[TokenizerJob['op']] {
  switch (job.op) {
    case 'encode':
      return encode(tokenizer, job.texts, job.addSpecial);
    case 'token-texts':
      return eachOf([...job.ids], (id) => tokenizer.tokenText(id));
    case 'decode':
      return eachOf(job.steps, (step) => decode(tokenizer, step));
  }
}

function encode(tokenizer: Tokenizer, texts: readonly string[], addSpecial: boolean): EncodedTexts {
  const { ids, lengths } = joinSequences(eachOf(texts, (text) => tokenizer.encode(text, { addSpecial }).ids));
  return { ids, lengths: [...lengths] };
}

function decode(tokenizer: Tokenizer, { from, id, ends }: DecodeStep): DecodedStep {
  const stream = tokenizer.decodeStream('after' in from ? from : { state: from });
  const text = id === undefined ? '' : stream.push(id);
  return { text, rest: ends ? stream.end() : '', state: stream.state };
}

/** Maps `items`; tells the other threads which one it is at. */
function eachOf<T, R>(items: readonly T[], work: (item: T) => R): R[] {
  return items.map((item, index) => {
    Atomics.store(position, 0, index);
    return work(item);
  });
}

function describe(error: unknown): TokenizerReply {
  if (isFacetError(error)) {
    const { kind, message, reason } = error;
    return { failure: { kind, message, reason } };
  }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
