import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openModelRuntime } from '../../libs/model-runtime/src/index.ts';
import { loadTokenizer } from '../../libs/transformer/src/index.ts';
import { checkGreedy, checkIncremental } from './decoding.mjs';
import { checkEdits } from './edits.mjs';
import { isRight, worstError } from './judgement.mjs';

/** Checks every text of the directory's golden.json; gives one result for each. */
export async function checkDirectory(directory) {
  const golden = JSON.parse(readFileSync(join(directory, 'golden.json'), 'utf8'));
  const runtime = await openModelRuntime(directory, { threads: 1 });
  try {
    const results = [];
    for (const [i, text] of golden.cases.entries()) {
      const result = {
        case: `${basename(directory)}/${i}`,
        ...(await checkText(runtime, directory, normal(text))),
      };
      results.push({ ...result, ok: isRight(result) });
    }
    return results;
  } finally {
    await runtime.close();
  }
}

/** Both forms of golden.json: that of families, and that of the pretrained models, which names prompts. */
function normal({ prompt, token_ids, nll, greedy_ids, ...text }) {
  const last = token_ids.length - 1;
  const { logits = [{ position: last, values: text.last_logits }] } = text;
  return {
    prompt,
    token_ids,
    nll,
    greedy_ids,
    logits: logits.filter(({ values }) => values),
    hooks: text.hooks ?? (text.resid_post ?? []).map(({ layer, ...row }) => residPost(layer, row)),
  };
}

function residPost(layer, row) {
  return { name: `blocks.${layer}.hook_resid_post`, ...row };
}

async function checkText(runtime, directory, text) {
  const tokens = Int32Array.from(text.token_ids);
  const names = [...new Set(text.hooks.map(({ name }) => name))];
  const whole = await runtime.forward({ tokens, batch: 1, hookPoints: names, logits: 'all', scores: true });
  const { d_vocab } = runtime.spec;
  const logitsAt = (position) => whole.logits.subarray(position * d_vocab, (position + 1) * d_vocab);
  const errors = {
    logits_error: Math.max(
      ...text.logits.map(({ position, values }) => worstError(logitsAt(position), values)),
    ),
    hooks_error: Math.max(0, ...text.hooks.map((hook) => hookError(whole, hook))),
    nll_error: worstError(whole.scores.nll.subarray(1), text.nll),
  };
  const ids = text.prompt === undefined ? undefined : await sameIds(directory, text);
  const greedy = await refusable(() => checkGreedy(runtime, text));
  return {
    ids,
    ...errors,
    greedy: greedy.value,
    incremental: await checkIncremental(runtime, tokens, whole.logits),
    edits: await checkEdits(runtime, tokens, whole.logits),
    ...(greedy.refused === undefined ? {} : { refused: greedy.refused }),
  };
}

/** What is refused by name is said, and judged no further. */
async function refusable(work) {
  try {
    return { value: await work() };
  } catch (error) {
    if (error.kind !== 'unimplemented') throw error;
    return { refused: error.message };
  }
}

function hookError({ activations }, { name, position, values }) {
  const { data, width } = activations.get(name);
  return worstError(data.subarray(position * width, (position + 1) * width), values);
}

async function sameIds(directory, { prompt, token_ids }) {
  const tokenizer = await loadTokenizer(directory);
  return JSON.stringify((await tokenizer.encode(prompt)).ids) === JSON.stringify(token_ids);
}
