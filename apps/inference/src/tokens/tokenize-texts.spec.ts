import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { readIds } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
  });
  afterAll(() => setup?.close());
  const { prompt, token_ids } = golden.cases[0]!;
  const tokenize = (texts: string[], options = {}) =>
    setup.client.tokenizeText({ model: 'models/m', texts }, options);

  test('gives long lists of texts the ids of each alone, in order', async () => {
    const { tokens } = await tokenize(Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? 'a' : prompt)));
    const [short] = (await tokenize(['a'])).tokens!.lengths;
    expect(tokens!.lengths).toEqual(
      Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? short : token_ids.length)),
    );
    expect(readIds(tokens!.tokenIds).slice(short, short! + token_ids.length)).toEqual(token_ids);
  });

  test('answers other calls while a long text is tokenized', async () => {
    const long = tokenize([prompt.repeat(2000)]);
    let isDone = false;
    const finished = long.finally(() => {
      isDone = true;
    });
    let answered = 0;
    while (!isDone && answered < 5) {
      await setup.client.getModel({ name: 'models/m' });
      answered++;
    }
    expect(isDone).toBe(false);
    expect(answered).toBe(5);
    expect((await finished).tokens!.lengths[0]).toBeGreaterThan(2000 * 8);
  });

  test('refuses more tokens than a call may have, and a prompt far beyond the context', async () => {
    const texts = Array.from({ length: 12 }, () => prompt.repeat(700));
    const input = { $case: 'texts', value: { texts } } as const;
    await expect(setup.client.scoreText({ model: 'models/m', input })).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'TOO_MANY_TOKENS',
      field: 'texts',
      message: expect.stringMatching(/up to texts\[\d+\] make \d+ tokens; the limit is 65536/),
    });
    const run = async () => {
      const request = { model: 'models/m', prompt: { $case: 'text', value: prompt.repeat(200) } } as const;
      for await (const _ of setup.client.generateText(request));
    };
    await expect(run()).rejects.toMatchObject({ kind: 'invalid', reason: 'CONTEXT_EXCEEDED', field: 'text' });
  });

  test('stops between texts when the caller is gone', async () => {
    const caller = new AbortController();
    const call = tokenize(
      Array.from({ length: 400 }, () => prompt.repeat(100)),
      { signal: caller.signal },
    );
    await nextTurn();
    caller.abort();
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    const [, length] = (await tokenize(['a', prompt])).tokens!.lengths;
    expect(length).toBe(token_ids.length);
  });
});
