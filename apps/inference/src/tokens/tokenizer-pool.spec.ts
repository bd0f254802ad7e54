import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@facet/mesh';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { loadTokenizer } from '@facet/transformer';
import { modelWithRegex, type RegexPlace } from '../testing/regex-model.ts';
import { openTokenizerPool, type TokenizerPool } from './tokenizer-pool.ts';

/** More than a short text, and one that `(a+)+$` never gets through. */
const ENDLESS = `${'a'.repeat(2000)}!`;
/** Minutes of work for `(a+)+$`, whatever the machine, with no match near the library's own limit. */
const HELD = `${'a'.repeat(18)}! `.repeat(20_000);
const PATIENT_MS = 3_600_000;
const logger = createLogger({ service: 'test', level: 'silent' });
const lasting = new AbortController().signal;

/** A busy machine takes its time to start threads. */
jest.setTimeout(120_000);

describeSharedModels(
  ({ directory, golden }) => {
    const { prompt, token_ids } = golden.cases[0]!;
    const made: string[] = [];
    let pool: TokenizerPool;
    afterEach(async () => {
      await pool?.close();
      for (const path of made.splice(0)) await rm(path, { recursive: true });
    });

    const open = async (path: string, options: { processes?: number; jobMs?: number } = {}) => {
      pool = await openTokenizerPool(path, { processes: 1, jobMs: 60_000, logger, ...options });
    };
    const openRegex = async (
      place: RegexPlace,
      regex: string,
      options: { processes?: number; jobMs?: number },
    ) => {
      const path = await modelWithRegex(directory, place, regex);
      made.push(path);
      await open(path, options);
    };
    const encode = async (texts: string[], signal = lasting) => {
      const { ids, lengths } = await pool.encode(texts, { addSpecial: true, signal });
      return { ids: [...ids], lengths };
    };

    test('encodes, reads tokens and streams as the tokenizer does', async () => {
      await open(directory);
      const tokenizer = await loadTokenizer(directory);
      const { vocabSize, tokenIds, specialTokenIds, bosTokenId } = tokenizer;
      expect(pool.facts).toMatchObject({ vocabSize, tokenIds, specialTokenIds, bosTokenId });
      const long = prompt.repeat(100);
      const expected: number[][] = [];
      for (const text of [prompt, '', long]) expected.push((await tokenizer.encode(text)).ids);
      expect(await encode([prompt, '', long])).toEqual({
        ids: expected.flat(),
        lengths: expected.map(({ length }) => length),
      });
      expect(await pool.tokenTexts([...token_ids, vocabSize + 7], lasting)).toEqual([
        ...(await tokenizer.tokenTexts(token_ids)),
        '',
      ]);
      const all = Array.from({ length: vocabSize }, (_, id) => id);
      expect(await pool.tokenTexts(all, lasting)).toEqual(await tokenizer.tokenTexts(all));
      const stream = await tokenizer.decodeStream({ after: token_ids });
      let from: Parameters<TokenizerPool['decode']>[0][0]['from'] = { after: token_ids };
      for (const id of [...golden.cases[0]!.greedy_ids, 200, 201]) {
        const [step] = await pool.decode([{ from, id, ends: false }], lasting);
        expect(step!.text).toBe(await stream.push(id));
        from = step!.state;
      }
      const [end] = await pool.decode([{ from, id: undefined, ends: true }], lasting);
      expect(end!.rest).toBe(await stream.end());
    });

    test.each<[RegexPlace, string, string]>([
      ['pre_tokenizer', '(a+)+$', `${'a'.repeat(40)}!`],
      ['normalizer', '(a+)+$', ENDLESS],
      ['pre_tokenizer', '(x+x+)+y', 'x'.repeat(60)],
      ['normalizer', '(x+x+)+y', 'x'.repeat(3000)],
    ])('ends a text that the %s %s does not get through, and goes on', async (place, regex, text) => {
      await openRegex(place, regex, { jobMs: 300 });
      await expect(encode(['fine', text])).rejects.toMatchObject({
        kind: 'exhausted',
        reason: 'TOKENIZING_TOO_SLOW',
        message: expect.stringMatching(
          new RegExp(
            `a text of ${text.length} characters took (longer than \\d+ ms|more steps).*send shorter texts; .*mend`,
          ),
        ),
      });
      expect((await encode(['Once'])).lengths[0]).toBeGreaterThan(1);
      expect((await encode(['Once upon '.repeat(200)])).lengths[0]).toBeGreaterThan(200);
    });

    test('ends a text whose time grows with the square of its length, though the library goes on with it', async () => {
      await openRegex('pre_tokenizer', 'x+[^x]z?', { jobMs: 300 });
      await expect(encode(['fine', 'x'.repeat(200_000), 'fine'])).rejects.toMatchObject({
        reason: 'TOKENIZING_TOO_SLOW',
        message: expect.stringMatching(/a text of 200000 characters took longer than 8300 ms, the limit/),
      });
      expect((await encode(['Once upon '.repeat(200)])).lengths[0]).toBeGreaterThan(200);
    });

    test('refuses a file over which the library breaks off while it is loaded', async () => {
      const damaged = await modelWithRegex(directory, 'normalizer', 'a');
      made.push(damaged);
      const path = join(damaged, 'tokenizer.json');
      const json = JSON.parse(await readFile(path, 'utf8'));
      json.normalizer = { type: 'Precompiled', precompiled_charsmap: 'AAAA' };
      await writeFile(path, JSON.stringify(json));
      await expect(open(damaged)).rejects.toMatchObject({
        kind: 'invalid',
        reason: 'TOKENIZER_INVALID',
        message: expect.stringMatching(/tokenizer.json cannot be loaded; .* broke off: Precompiled: /),
      });
    });

    test('ends token texts and streams that the decoder does not get through, and goes on', async () => {
      await openRegex('decoder', '(x+x+)+y', { jobMs: 300 });
      const slow = { kind: 'exhausted', reason: 'DETOKENIZING_TOO_SLOW' };
      await expect(pool.tokenTexts([511], lasting)).rejects.toMatchObject(slow);
      const step = { from: { after: [] }, id: 511, ends: false };
      await expect(pool.decode([step], lasting)).rejects.toMatchObject(slow);
      expect(await pool.tokenTexts([token_ids[1]!], lasting)).toHaveLength(1);
    });

    test('frees the thread of a long text whose caller is gone', async () => {
      await openRegex('pre_tokenizer', '(a+)+$', { jobMs: PATIENT_MS });
      const caller = new AbortController();
      const abandoned = encode([HELD], caller.signal);
      const behind = encode(['Once upon a time. '.repeat(100)]);
      caller.abort();
      await expect(abandoned).rejects.toMatchObject({ kind: 'cancelled' });
      expect((await behind).lengths[0]).toBeGreaterThan(100);
    });

    test('does not begin a text whose caller leaves while the thread starts', async () => {
      await openRegex('pre_tokenizer', '(a+)+$', { jobMs: PATIENT_MS });
      const caller = new AbortController();
      const abandoned = encode([HELD], caller.signal);
      setImmediate(() => caller.abort());
      await expect(abandoned).rejects.toMatchObject({ kind: 'cancelled' });
      expect((await encode(['Once upon a time. '.repeat(100)])).lengths[0]).toBeGreaterThan(100);
    });

    test('forgets a text that waits when its caller leaves, and does short texts beside long ones', async () => {
      await openRegex('pre_tokenizer', '(a+)+$', { jobMs: PATIENT_MS });
      const [endless, caller] = [new AbortController(), new AbortController()];
      const held = encode([HELD], endless.signal);
      const waiting = encode(['b'.repeat(2000)], caller.signal);
      caller.abort();
      await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
      expect((await encode(['Once upon a time'])).ids.length).toBeGreaterThan(3);
      endless.abort();
      await expect(held).rejects.toMatchObject({ kind: 'cancelled' });
    });

    test('does as many long texts at once as it has processes', async () => {
      await openRegex('pre_tokenizer', '(a+)+$', { jobMs: PATIENT_MS, processes: 2 });
      const caller = new AbortController();
      const held = encode([HELD], caller.signal);
      expect((await encode(['Once upon a time. '.repeat(100)])).lengths[0]).toBeGreaterThan(100);
      caller.abort();
      await expect(held).rejects.toMatchObject({ kind: 'cancelled' });
    });

    test('says what is wrong with the files, and refuses work once it is closed', async () => {
      await open(directory);
      await pool.close();
      await expect(encode(['x'])).rejects.toMatchObject({ reason: 'MODEL_CLOSED' });
      const opening = openTokenizerPool(`${directory}-missing`, { processes: 1, jobMs: 1000, logger });
      await expect(opening).rejects.toMatchObject({ kind: 'not-found' });
    });
  },
  ['stories260K'],
);
