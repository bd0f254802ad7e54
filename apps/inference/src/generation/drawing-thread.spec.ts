import { crossingArrays, describeSharedModels } from '@facet/model-runtime/testing';
import { collectGeneration, randomIntervention } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(
  ({ directory, golden }) => {
    let setup: InferenceSetup;
    beforeAll(async () => {
      setup = await serveInference(`m=${directory}`);
    });
    afterAll(() => setup?.close());

    test('no logits come to the thread that serves calls, with whatever options', async () => {
      const { dModel, dVocab } = (await setup.client.getModel({ name: 'models/m' })).model!;
      const clamp = randomIntervention('blocks.1.hook_resid_post', { width: dModel }, [
        { feature: 0, scale: 0, offset: 5 },
      ]);
      const sampling = {
        ...{ temperature: 0.8, topK: 200, topP: 0.9, minP: 0.01, topLogprobs: 20, maxTokens: 24, seed: 5n },
        ...{ repetitionPenalty: 1.2, presencePenalty: 0.5, frequencyPenalty: 0.5, ignoreEos: true },
        logitBias: [{ tokenId: 30, bias: 2 }],
      };
      const requests = [{ temperature: 0, maxTokens: 24, ignoreEos: true }, sampling].map((options) => ({
        model: 'models/m',
        prompt: { $case: 'text', value: golden.cases[0]!.prompt } as const,
        variants: [{ id: 'default' }, { id: 'steered', interventions: [clamp] }],
        sampling: options,
        compareWithUnedited: true,
      }));
      for (const request of requests) {
        const lengths = await crossingArrays(async () => {
          const { tokens } = await collectGeneration(setup.client.generateText(request));
          expect(tokens).toHaveLength(48);
        });
        // Every step sends its proofs and its tokens.
        expect(lengths.length).toBeGreaterThanOrEqual(48);
        expect(Math.max(...lengths)).toBeLessThan(dVocab);
      }
      const projected = await crossingArrays(async () => {
        const directions = clamp.decoderRows;
        await setup.client.projectToVocabulary({ model: 'models/m', directions, top: 3 });
      });
      // What is as long as the vocabulary would be seen.
      expect(Math.max(...projected)).toBeGreaterThanOrEqual(dVocab);
    });
  },
  ['stories260K'],
);
