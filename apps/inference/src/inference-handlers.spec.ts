import { createNoise, describeSharedModels } from '@facet/model-runtime/testing';
import { openSafetensors } from '@facet/tensor';
import { floats, readIds } from './testing/messages.ts';
import { type InferenceSetup, serveInference } from './testing/serve-inference.ts';

describeSharedModels(({ directory, golden, name }) => {
  let setup: InferenceSetup;
  beforeAll(async () => {
    setup = await serveInference(`b-model=${directory},a-model=${directory},${directory}`);
  });
  afterAll(() => setup?.close());

  describe('ListModels', () => {
    test('pages through the models by name', async () => {
      const names: string[] = [];
      let pageToken = '';
      do {
        const page = await setup.client.listModels({ pageSize: 2, pageToken });
        names.push(...page.models.map((model) => model.name));
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(names).toEqual(['models/a-model', 'models/b-model', `models/${name.toLowerCase()}`]);
      expect((await setup.client.listModels({})).models).toHaveLength(3);
    });
  });

  describe('GetModel', () => {
    test('describes the model', async () => {
      const { model } = await setup.client.getModel({ name: 'models/a-model' });
      expect(model).toMatchObject({
        name: 'models/a-model',
        modelType: 'llama',
        nHeads: 8,
        nKvHeads: 4,
        nCtx: 512,
        dtype: 'DATA_TYPE_F32',
        bosTokenId: 1,
        executionProvider: 'cpu',
        specialTokenIds: [0, 1, 2],
      });
      expect(model!.hookPoints).toHaveLength(12 * model!.nLayers);
      expect(model!.hookPoints[9]).toEqual({
        name: 'blocks.0.mlp.hook_post',
        layer: 0,
        dIn: model!.dMlp,
        steerable: true,
      });
      expect(model!.hookPoints[0]).toEqual({
        name: 'blocks.0.hook_resid_pre',
        layer: 0,
        dIn: model!.dModel,
        steerable: true,
      });
      expect(model!.lineage!.modelSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(model!.lineage!.tokenizerSha256).toMatch(/^[0-9a-f]{64}$/);
    });

    test('names the models that are held when there is none of the name', async () => {
      await expect(setup.client.getModel({ name: 'models/other' })).rejects.toMatchObject({
        kind: 'not-found',
        message: expect.stringContaining('models/a-model, models/b-model'),
      });
    });
  });

  describe('TokenizeText', () => {
    test('gives the golden ids, the texts of tokens, and marks special ones', async () => {
      const texts = golden.cases.map(({ prompt }) => prompt);
      const request = { model: 'models/a-model', texts, includeTokenTexts: true };
      const { tokens, tokenTexts, special } = await setup.client.tokenizeText(request);
      expect(readIds(tokens!.tokenIds)).toEqual(golden.cases.flatMap(({ token_ids }) => token_ids));
      expect(tokens!.lengths).toEqual(golden.cases.map(({ token_ids }) => token_ids.length));
      expect([...special!.data].filter((flag) => flag === 1)).toHaveLength(texts.length);
      expect(tokenTexts.slice(1, tokens!.lengths[0]).join('').trim()).toBe(texts[0]);
      const bare = await setup.client.tokenizeText({
        ...request,
        addSpecialTokens: false,
        includeTokenTexts: false,
      });
      expect(bare.tokens!.lengths).toEqual(tokens!.lengths.map((length) => length - 1));
      expect(bare.tokenTexts).toEqual([]);
      expect(bare.special).toBeUndefined();
    });
  });

  describe('ProjectToVocabulary', () => {
    test('ranks the vocabulary as the product with the unembedding does', async () => {
      const { model } = await setup.client.getModel({ name: 'models/a-model' });
      const { dModel: d, dVocab: V } = model!;
      const directions = Float32Array.from({ length: 2 * d }, createNoise(4));
      const file = await openSafetensors(`${directory}/model.safetensors`);
      const has = (tensor: string) => file.header.entries.has(tensor);
      const unembedding = await file.readF32(
        has('lm_head.weight') ? 'lm_head.weight' : 'model.embed_tokens.weight',
      );
      const norm = await file.readF32('model.norm.weight');
      await file.close();
      for (const applyFinalNormWeight of [true, false]) {
        const { projections } = await setup.client.projectToVocabulary({
          model: 'models/a-model',
          directions: floats(directions, [2, d]),
          top: 5,
          applyFinalNormWeight,
        });
        projections.forEach(({ top, bottom }, row) => {
          const logits = Array.from({ length: V }, (_, id) => {
            let sum = 0;
            for (let i = 0; i < d; i++)
              sum +=
                directions[row * d + i]! * (applyFinalNormWeight ? norm[i]! : 1) * unembedding[id * d + i]!;
            return { id, sum };
          }).sort((a, b) => b.sum - a.sum);
          expect(top.map(({ tokenId }) => tokenId)).toEqual(logits.slice(0, 5).map(({ id }) => id));
          expect(top[0]!.logit).toBeCloseTo(logits[0]!.sum, 3);
          expect(bottom.map(({ tokenId }) => tokenId)).toEqual(
            logits
              .slice(-10)
              .reverse()
              .map(({ id }) => id),
          );
        });
      }
    });
  });
});
