import { rm } from 'node:fs/promises';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { drain } from '../testing/refusals.ts';
import { modelWithRegex } from '../testing/regex-model.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

const model = 'models/m';
const ENDLESS = `${'a'.repeat(40)}!`;

/** A busy machine takes its time to start threads. */
jest.setTimeout(120_000);

describeSharedModels(
  ({ directory }) => {
    let setup: InferenceSetup;
    let made: string;
    afterEach(async () => {
      await setup.close();
      await rm(made, { recursive: true });
    });

    const serve = async (regex: string, tokenizeMs: number) => {
      made = await modelWithRegex(directory, 'pre_tokenizer', regex);
      setup = await serveInference(`m=${made}`, { tokenizeMs, tokenizerThreads: 1 });
    };

    test('ends every way to tokenize a text that takes for ever, and answers other calls meanwhile', async () => {
      await serve('(a+)+$', 1000);
      const { client } = setup;
      const input = { $case: 'texts' as const, value: { texts: ['fine', ENDLESS] } };
      const hookPoints = ['blocks.0.hook_resid_post'];
      const ways: [string, Promise<unknown>][] = [
        ['texts', client.tokenizeText({ model, texts: [ENDLESS] })],
        ['texts', client.scoreText({ model, input })],
        ['texts', drain(client.computeActivations({ model, input, hookPoints }))],
        ['text', drain(client.generateText({ model, prompt: { $case: 'text', value: ENDLESS } }))],
      ];
      const outcomes = Promise.allSettled(ways.map(([, way]) => way));
      for (let call = 0; call < 20; call++) await client.getModel({ name: model });
      for (const [index, outcome] of (await outcomes).entries())
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: {
            kind: 'exhausted',
            reason: 'TOKENIZING_TOO_SLOW',
            field: ways[index]![0],
            message: expect.stringMatching(
              /a text of 41 characters took (longer than \d+ ms|more steps).*send shorter/,
            ),
          },
        });
      const { tokens } = await client.tokenizeText({ model, texts: ['Once upon a time'] });
      expect(tokens!.lengths[0]).toBeGreaterThan(3);
    });

    test('tokenizes the next long text soon after the caller of an endless one has left', async () => {
      await serve('(x+x+)+y', 3_600_000);
      const caller = new AbortController();
      const texts = ['x'.repeat(4000)];
      const abandoned = setup.client.tokenizeText({ model, texts }, { signal: caller.signal });
      const refused = expect(abandoned).rejects.toMatchObject({ kind: 'cancelled' });
      await setup.client.getModel({ name: model });
      caller.abort();
      await refused;
      const honest = { model, texts: ['Once upon a time. '.repeat(500)] };
      const { tokens } = await setup.client.tokenizeText(honest, { deadlineMs: 100_000 });
      expect(tokens!.lengths[0]).toBeGreaterThan(500);
    });
  },
  ['stories260K'],
);
