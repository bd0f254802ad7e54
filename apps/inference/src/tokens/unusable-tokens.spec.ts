import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(({ directory, name }) => {
  describe('a token beyond the embedding', () => {
    let root: string;
    let setup: InferenceSetup;
    let d_vocab: number;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'facet-unusable-'));
      const copy = join(root, 'extended');
      await cp(directory, copy, { recursive: true, dereference: true });
      d_vocab = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8')).vocab_size;
      const path = join(copy, 'tokenizer.json');
      const tokenizer = JSON.parse(await readFile(path, 'utf8'));
      const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };
      for (const [i, content] of ['<<tool>>', '<<end>>'].entries())
        tokenizer.added_tokens.push({ ...plain, id: d_vocab + i, content });
      await writeFile(path, JSON.stringify(tokenizer));
      setup = await serveInference(`extended=${copy},plain=${directory}`);
    }, 60_000);
    afterAll(async () => {
      await setup.close();
      await rm(root, { recursive: true });
    });

    test('is told of at load, and nothing is where there is none', async () => {
      const warned = await setup.client.getModel({ name: 'models/extended' });
      expect(warned.model!.warnings).toEqual([
        expect.stringMatching(
          `beyond the ${d_vocab} rows of the embedding: "<<tool>>" \\(${d_vocab}\\), "<<end>>"`,
        ),
      ]);
      expect((await setup.client.getModel({ name: 'models/plain' })).model!.warnings).toEqual([]);
    });

    test('is named with text, id and place wherever a text holds it', async () => {
      const message = expect.stringMatching(
        `token id ${d_vocab}, "<<tool>>", at position \\d+ of sequence \\d is outside the vocabulary of ${d_vocab}`,
      );
      const model = 'models/extended';
      const texts = ['Once', 'Once <<tool>>'];
      const score = setup.client.scoreText({ model, input: { $case: 'texts', value: { texts } } });
      await expect(score).rejects.toMatchObject({ kind: 'invalid', reason: 'UNKNOWN_TOKEN', message });
      const generate = setup.client.generateText({ model, prompt: { $case: 'text', value: texts[1]! } });
      const drain = (async () => {
        for await (const _ of generate);
      })();
      await expect(drain).rejects.toMatchObject({ kind: 'invalid', reason: 'UNKNOWN_TOKEN', message });
    });

    test(`leaves texts of ${name} without it alone`, async () => {
      const { tokens } = await setup.client.tokenizeText({ model: 'models/extended', texts: ['Once'] });
      const plain = await setup.client.tokenizeText({ model: 'models/plain', texts: ['Once'] });
      expect(tokens).toEqual(plain.tokens);
    });
  });
});
