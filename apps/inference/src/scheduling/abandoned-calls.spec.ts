import { constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServiceClient } from '@facet/mesh';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { HealthDefinition } from 'nice-grpc-server-health';
import { tokens } from '../testing/messages.ts';
import { connectRaw, type RawCaller } from '../testing/raw-caller.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

const model = 'models/m';
const prompt = { $case: 'text', value: 'Once upon a time' } as const;
const generation = { model, prompt, sampling: { temperature: 0, maxTokens: 400, ignoreEos: true } };

describeSharedModels(
  ({ directory, golden }) => {
    let setup: InferenceSetup;
    const callers: RawCaller[] = [];
    afterEach(async () => {
      for (const caller of callers.splice(0)) caller.destroy();
      await setup?.close();
    });

    function caller(): RawCaller {
      const opened = connectRaw(setup.service.address);
      callers.push(opened);
      return opened;
    }

    /** Waits until `holds`; the test's own limit ends it otherwise. */
    const until = async (holds: () => boolean) => {
      while (!holds()) await sleep(10);
    };
    const isIdle = () => setup.service.load().active === 0 && setup.service.load().waiting === 0;
    const generate = async (maxTokens: number) => {
      let seen = 0;
      const request = { ...generation, sampling: { ...generation.sampling, maxTokens } };
      for await (const { event } of setup.client.generateText(request)) if (event?.$case === 'token') seen++;
      return seen;
    };

    /** 500 streams on 10 connections, half of them not read; the connections close in the middle. */
    const abandonUnread = async () => {
      const connections = Array.from({ length: 10 }, caller);
      for (let index = 0; index < 500; index++) {
        const stream = connections[index % 10]!.begin('generateText', generation);
        stream.end();
        if (index % 2 === 0) stream.resume();
      }
      await until(() => setup.service.load().active > 0 && setup.work.steps > 50);
      for (const connection of connections) connection.destroy();
    };

    /** 1,000 calls with deadlines of 1 ms, every second of them complete only after it, or cancelled within 20 ms. */
    const storm = async () => {
      const { begin } = caller();
      for (let index = 0; index < 1000; index++) {
        const headers: Record<string, string> = index % 2 === 0 ? { 'grpc-timeout': '1m' } : {};
        const stream = begin('generateText', generation, headers);
        if (index % 4 === 0) stream.once('response', () => stream.end());
        else stream.end();
        if (index % 2 === 1) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), index % 20);
        if (index % 50 === 0) await sleep(1);
      }
    };

    test('frees every place after a flood of abandoned, unread, expired and cancelled calls', async () => {
      setup = await serveInference(`m=${directory}`);
      await abandonUnread();
      await storm();
      await until(isIdle);
      expect(await generate(5)).toBe(5);
      await until(isIdle);
    }, 240_000);

    test('serves a ninth caller although eight read nothing of their activations', async () => {
      setup = await serveInference(`m=${directory}`, { activeRequests: 8, readerMs: 500 });
      const { model: loaded } = await setup.client.getModel({ name: model });
      const hookPoints = loaded!.hookPoints.map(({ name }) => name).slice(0, 24);
      const input = { $case: 'tokens', value: tokens(golden.cases[0]!.token_ids) } as const;
      const long = {
        $case: 'tokens',
        value: tokens(...Array(64).fill(golden.cases[0]!.greedy_ids)),
      } as const;
      for (let reader = 0; reader < 8; reader++)
        caller().begin('computeActivations', { model, hookPoints, input: long }).end();
      await until(() => setup.service.load().active === 8);
      let answered = 0;
      for await (const _ of setup.client.computeActivations({ model, hookPoints, input })) answered++;
      expect(answered).toBe(1 + hookPoints.length);
      expect(setup.logged).toContainEqual(
        expect.objectContaining({ reason: 'READER_TOO_SLOW', code: 'RESOURCE_EXHAUSTED' }),
      );
    }, 180_000);

    test('leaves callers that read nothing in peace while nobody else waits', async () => {
      setup = await serveInference(`m=${directory}`, { activeRequests: 1, readerMs: 1 });
      const stream = setup.client.generateText(generation)[Symbol.asyncIterator]();
      await stream.next();
      await until(() => setup.work.steps > 20);
      let seen = 1;
      while (!(await stream.next()).done) seen++;
      expect(seen).toBe(1 + 400 + 1);
    });

    test('says NOT_SERVING while no step ends although calls wait, and SERVING again afterwards', async () => {
      setup = await serveInference(`m=${directory}`, { stallMs: 100 });
      const connection = connect(setup.service.address);
      const health = createServiceClient(HealthDefinition, connection);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      setup.work.beforeStep = () => held;
      const generating = generate(5);
      const statuses: number[] = [];
      for await (const { status } of health.watch({ service: '' })) {
        statuses.push(status);
        if (status === 2) release();
        if (statuses.length === 3) break;
      }
      expect(statuses).toEqual([1, 2, 1]);
      expect(await generating).toBe(5);
      connection.close();
      expect(setup.logged).toContainEqual(
        expect.objectContaining({
          problem: expect.stringMatching(/no step of model work has ended for \d+ ms/),
        }),
      );
    });
  },
  ['stories260K'],
);
