import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataType, ScoreReplacementsRequest, type ScoreTextRequest, type Tensor } from '@facet/contracts';
import { createNoise, describeSharedModels, expectClose, writeTinyModel } from '@facet/model-runtime/testing';
import { encodeF16 } from '@facet/tensor';
import { floats, randomIntervention, readFloats, tokens } from '../testing/messages.ts';
import { connectRaw } from '../testing/raw-caller.ts';
import { type BadInput, expectRefusal } from '../testing/refusals.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

type Part = Parameters<typeof ScoreReplacementsRequest.fromPartial>[0];
type Request = Parameters<typeof ScoreTextRequest.fromPartial>[0];

const hookPoint = 'blocks.1.hook_resid_post';
const other = 'blocks.0.hook_mlp_out';
const model = 'models/m';

describeSharedModels(
  ({ directory, golden }) => {
    let setup: InferenceSetup;
    let width: number;
    let rows: Float32Array;
    const contexts = golden.cases.flatMap(({ greedy_ids }) => [greedy_ids, greedy_ids.slice(0, 7)]);
    const count = contexts.flat().length;
    const input = { $case: 'tokens', value: tokens(...contexts) } as const;

    beforeAll(async () => {
      // A small budget makes several windows of batches of the few contexts.
      setup = await serveInference(`m=${directory}`, { batchTokens: 64, callIdleMs: 2000 });
      width = (await setup.client.getModel({ name: model })).model!.dModel;
      const noise = createNoise(3);
      rows = Float32Array.from({ length: count * width }, noise);
    });
    afterAll(() => setup?.close());

    const head = (request: Request): Part => ({
      part: { $case: 'request', value: { model, input, replacements: [{ hookPoint }], ...request } },
    });
    const chunk = (firstToken: number, ...activations: Tensor[]): Part => ({
      part: { $case: 'rows', value: { firstToken, activations } },
    });
    const cut = (from: number, to: number) =>
      floats(rows.slice(from * width, to * width), [to - from, width]);
    /** All rows, `step` at a time, for `hookPoints` replacements. */
    const chunks = (step: number, hookPoints = 1) => {
      const starts = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
      return starts.map((from) => {
        const tensor = cut(from, Math.min(count, from + step));
        return chunk(from, ...new Array<Tensor>(hookPoints).fill(tensor));
      });
    };
    const stream = async (...parts: Part[]) => {
      async function* messages() {
        for (const part of parts) yield ScoreReplacementsRequest.fromPartial(part);
      }
      return await setup.client.scoreReplacements(messages());
    };

    const mask: Tensor = {
      dtype: DataType.U8,
      shape: [count],
      data: Buffer.from(contexts.flatMap((ids) => ids.map((_, t) => (t === 0 ? 0 : 1)))),
    };
    const shared = () => floats(rows.slice(0, width), [1, width]);
    const questions: [string, () => Request, number][] = [
      ['one replacement', () => ({ replacements: [{ hookPoint }] }), 1],
      ['a mask', () => ({ replacements: [{ hookPoint, mask }] }), 1],
      ['two replacements', () => ({ replacements: [{ hookPoint: other }, { hookPoint }] }), 2],
      [
        'one that is given at once beside one that comes',
        () => ({ replacements: [{ hookPoint: other, activations: cut(0, count) }, { hookPoint }] }),
        1,
      ],
      [
        'one row for all tokens beside one that comes',
        () => ({
          replacements: [
            { hookPoint: other, activations: shared() },
            { hookPoint, mask },
          ],
        }),
        1,
      ],
    ];

    describe.each([1, 13, 1000])('rows that come %d at a time', (step) => {
      test.each(questions)('give the bits of ScoreText: %s', async (_, question, waiting) => {
        const interventions = [
          randomIntervention(hookPoint, { width, features: 2 }, [{ feature: 0, scale: 0, offset: 3 }]),
        ];
        const more = { compareWithUnedited: true, includeTokenTexts: true, interventions };
        const whole = question().replacements!.map((replacement) =>
          replacement.activations ? replacement : { ...replacement, activations: cut(0, count) },
        );
        const wanted = await setup.client.scoreText({ model, input, ...more, replacements: whole });
        const parts = chunks(Math.min(step, count), waiting);
        const { scores, lineage } = await stream(head({ ...question(), ...more }), ...parts);
        expect(scores).toEqual(wanted.scores);
        expect(lineage).toEqual(wanted.lineage);
        expect(scores.at(-1)!.proofs[0]!.sequence).toBe(contexts.length - 1);
      });
    });

    test('takes F16 rows', async () => {
      const f16 = { dtype: DataType.F16, shape: [count, width], data: Buffer.from(encodeF16(rows).buffer) };
      const { scores } = await stream(head({}), chunk(0, f16));
      const replacements = [{ hookPoint, activations: f16 }];
      expect(scores).toEqual((await setup.client.scoreText({ model, input, replacements })).scores);
    });

    const refusals: BadInput[] = [
      ['no message', () => stream(), 'request', 'first message'],
      ['rows before the request', () => stream(...chunks(count)), 'request', 'first message'],
      ['two requests', () => stream(head({}), head({})), 'rows', 'only rows'],
      ['an empty part', () => stream(head({}), {}), 'rows', 'only rows'],
      [
        'a request that waits for no rows',
        () => stream(head({ replacements: [{ hookPoint, activations: cut(0, count) }] })),
        'request.replacements',
        'ScoreText',
      ],
      ['too few rows', () => stream(head({}), chunk(0, cut(0, 5))), 'rows', `5 of ${count} tokens`],
      [
        'rows that come twice',
        () => stream(head({}), chunk(0, cut(0, 5)), chunk(0, cut(0, 5))),
        'rows',
        'token 5',
      ],
      [
        'rows that are left out',
        () => stream(head({}), chunk(0, cut(0, 5)), chunk(6, cut(6, 9))),
        'rows',
        'is 6',
      ],
      [
        'rows behind the last token',
        () => stream(head({}), ...chunks(count), chunk(count, cut(0, 1))),
        'rows',
        'end the stream',
      ],
      [
        'a message that reaches behind the last token',
        () => stream(head({}), ...chunks(count - 1).slice(0, 1), chunk(count - 1, cut(0, 2))),
        'rows',
        `${count} tokens`,
      ],
      ['no rows', () => stream(head({}), chunk(0, floats([], [0, width]))), 'rows', 'at least one'],
      ['too many tensors', () => stream(head({}), chunk(0, cut(0, 5), cut(0, 5))), 'rows', '2 tensors'],
      [
        'rows of another width',
        () => stream(head({}), chunk(0, floats([1, 2], [1, 2]))),
        'rows.activations[0]',
        `[n, `,
      ],
      [
        'a value that is not finite',
        () => stream(head({}), chunk(0, floats(new Array(width).fill(Number.NaN), [1, width]))),
        'rows.activations[0]',
        'NaN at index 0',
      ],
      [
        'tensors of different lengths',
        () =>
          stream(
            head({ replacements: [{ hookPoint }, { hookPoint: other }] }),
            chunk(0, cut(0, 2), cut(0, 3)),
          ),
        'rows',
        '2, 3',
      ],
    ];
    test.each(refusals)('refuses %s', (_, call, field, ...words) => expectRefusal(call, field, words));

    test('refuses bytes that are no message, also behind the first', async () => {
      const caller = connectRaw(setup.service.address);
      const call = caller.begin('scoreReplacements', ScoreReplacementsRequest.fromPartial(head({})));
      call.write(Buffer.from([0, 0, 0, 0, 3, 0x12, 0x7f, 0x01]));
      call.end();
      const trailers = await new Promise<Record<string, unknown>>((resolve) => {
        call.on('response', (headers) => 'grpc-status' in headers && resolve(headers));
        call.on('trailers', resolve);
        call.resume();
      });
      expect(trailers['grpc-status']).toBe('3');
      expect(decodeURIComponent(String(trailers['grpc-message']))).toMatch(/rows.*encode the request again/);
      caller.destroy();
    });

    test('ends a caller that stops sending, and gives its place to others', async () => {
      const caller = connectRaw(setup.service.address);
      const call = caller.begin('scoreReplacements', ScoreReplacementsRequest.fromPartial(head({})));
      const status = new Promise((resolve) => {
        call.on('response', (headers) => 'grpc-status' in headers && resolve(headers));
        call.on('trailers', resolve);
        call.resume();
      });
      expect(await status).toMatchObject({ 'grpc-status': '8' });
      expect(setup.logged.some(({ reason }) => reason === 'WRITER_TOO_SLOW')).toBe(true);
      while (setup.service.load().active > 0) await sleep(10);
      caller.destroy();
    });

    test('counts the rows that it waits for, and no longer when the caller has left', async () => {
      const waitedFor = async () => {
        const { memory } = (await setup.client.getModel({ name: model })).model!;
        return memory!.uses.find(({ purpose }) => purpose === 'replacements')?.bytes;
      };
      expect(await waitedFor()).toBeUndefined();
      const caller = connectRaw(setup.service.address);
      caller.begin('scoreReplacements', ScoreReplacementsRequest.fromPartial(head({})));
      let bytes = await waitedFor();
      while (bytes === undefined) bytes = await waitedFor();
      expect(bytes % BigInt(4 * width)).toBe(0n);
      expect(bytes).toBeLessThanOrEqual(BigInt(4 * width * count));
      caller.destroy();
      while ((await waitedFor()) !== undefined) await sleep(10);
    });

    test('gives the place back when the caller leaves in the middle', async () => {
      const caller = connectRaw(setup.service.address);
      caller.begin('scoreReplacements', ScoreReplacementsRequest.fromPartial(head({})));
      while (setup.service.load().active === 0) await sleep(10);
      caller.destroy();
      while (setup.service.load().active > 0) await sleep(10);
    });
  },
  ['stories260K'],
);

describeSharedModels(
  ({ directory }) => {
    test('takes contexts of 1,024 tokens at a width of 4,096', async () => {
      const config = { hidden_size: 4096, head_dim: 8, num_hidden_layers: 1, intermediate_size: 8 };
      const sizes = { vocab_size: 512, max_position_embeddings: 1024 };
      const wide = await writeTinyModel({ config: { ...config, ...sizes } });
      await copyFile(join(directory, 'tokenizer.json'), join(wide.directory, 'tokenizer.json'));
      const setup = await serveInference(`m=${wide.directory}`);
      try {
        const count = 1024;
        const contexts = [0, 1].map((seed) => Array.from({ length: count }, (_, t) => (t * 7 + seed) % 500));
        const name = 'blocks.0.hook_resid_post';
        const input = { $case: 'tokens', value: tokens(...contexts) } as const;
        const plain = await setup.client.scoreText({ model, input });
        async function* messages() {
          const value = { model, input, replacements: [{ hookPoint: name }] };
          yield ScoreReplacementsRequest.fromPartial({ part: { $case: 'request', value } });
          const read = { model, hookPoints: [name], input };
          for await (const { event } of setup.client.computeActivations(read)) {
            if (event?.$case !== 'block') continue;
            const { firstRow, activations } = event.value;
            const rows = { firstToken: firstRow, activations: [activations!] };
            yield ScoreReplacementsRequest.fromPartial({ part: { $case: 'rows', value: rows } });
          }
        }
        const { scores } = await setup.client.scoreReplacements(messages());
        expect(scores).toHaveLength(2);
        scores.forEach(({ nll }, i) => {
          expect(readFloats(nll)).toHaveLength(count - 1);
          expectClose(readFloats(nll), readFloats(plain.scores[i]!.nll), 1e-6);
        });
      } finally {
        await setup.close();
        await wide.remove();
      }
    });
  },
  ['stories260K'],
);
