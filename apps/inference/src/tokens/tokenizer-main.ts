import { isFacetError } from '@facet/errors';
import { privateBytes } from '@facet/model-runtime';
import {
  type ChatTemplates,
  loadChatTemplates,
  loadTokenizer,
  renderChat,
  type Tokenizer,
} from '@facet/transformer';
import { joinSequences } from './token-sequences.ts';
import type {
  DecodedStep,
  DecodeStep,
  EncodedTexts,
  TokenizerFacts,
  TokenizerJob,
  TokenizerReply,
  TokenizerResults,
} from './tokenizer-protocol.ts';

/** What a model directory has for texts. */
interface Loaded {
  tokenizer: Tokenizer;
  chats: ChatTemplates;
}

// The process of `startTokenizerProcess`: loads its tokenizer, then does one job after another.
const loading = load(process.argv[2]!);

// Whoever started it ends it: a signal to the whole group must not cut short what its parent still finishes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// A call of the library cannot be interrupted, so nothing less ends this process for sure when its parent is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', async (job: TokenizerJob) => {
  say(await loading.then(async (loaded) => ({ result: await perform(loaded, job) })).catch(describe));
});

say(await loading.then((loaded) => ({ facts: factsOf(loaded) }), describe));

function say(reply: TokenizerReply): void {
  process.send?.(reply);
}

async function load(directory: string): Promise<Loaded> {
  return { tokenizer: await loadTokenizer(directory), chats: await loadChatTemplates(directory) };
}

function factsOf({ tokenizer, chats }: Loaded): TokenizerFacts {
  const { vocabSize, tokenIds, specialTokenIds, bosTokenId } = tokenizer;
  const chatTemplates = chats.templates.map(({ name }) => name);
  const warnings = chats.problem === undefined ? [] : [`its chat templates cannot be used: ${chats.problem}`];
  const known = { vocabSize, tokenIds, specialTokenIds, bosTokenId };
  return { ...known, chatTemplates, warnings, privateBytes: privateBytes() };
}

async function perform(
  { tokenizer, chats }: Loaded,
  job: TokenizerJob,
): Promise<TokenizerResults[TokenizerJob['op']]> {
  switch (job.op) {
    case 'encode':
      return encode(tokenizer, job.texts, job.addSpecial);
    case 'token-texts':
      return tokenizer.tokenTexts([...job.ids]);
    case 'decode':
      return eachOf(job.steps, (step) => decode(tokenizer, step));
    case 'render':
      return renderChat(chats, job.messages, { ...job, now: new Date() });
  }
}

async function encode(
  tokenizer: Tokenizer,
  texts: readonly string[],
  addSpecial: boolean,
): Promise<EncodedTexts> {
  const all = await eachOf(texts, async (text) => (await tokenizer.encode(text, { addSpecial })).ids);
  const { ids, lengths } = joinSequences(all);
  return { ids, lengths: [...lengths] };
}

async function decode(tokenizer: Tokenizer, { from, id, ends }: DecodeStep): Promise<DecodedStep> {
  const stream = await tokenizer.decodeStream('after' in from ? from : { state: from });
  const text = id === undefined ? '' : await stream.push(id);
  return { text, rest: ends ? await stream.end() : '', state: stream.state };
}

/** After this time at one item its place is told, so that it can be named should it never end. */
const SLOW_MS = 20;

/** Maps `items` one after another; tells which one takes long. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    let isTold = false;
    const slow = setTimeout(() => {
      isTold = true;
      say({ at: index });
    }, SLOW_MS);
    try {
      results.push(await work(item));
    } finally {
      clearTimeout(slow);
      if (isTold) say({ at: undefined });
    }
  }
  return results;
}

function describe(error: unknown): TokenizerReply {
  if (isFacetError(error)) {
    const { kind, message, reason } = error;
    return { failure: { kind, message, reason } };
  }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
