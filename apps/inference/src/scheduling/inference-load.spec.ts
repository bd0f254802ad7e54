import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { tokens } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

const model = 'models/m';
const prompt = { $case: 'text', value: 'Once upon a time' } as const;
const long = { temperature: 0, maxTokens: 480, ignoreEos: true };

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  afterEach(() => setup?.close());

  /** Waits until the service does no model work for anyone. */
  const idle = async () => {
    while (setup.service.load().active > 0) await nextTurn();
  };

  test('stops generating soon after the caller cancels', async () => {
    setup = await serveInference(`m=${directory}`);
    const caller = new AbortController();
    const received: number[] = [];
    const run = async () => {
      const stream = setup.client.generateText({ model, prompt, sampling: long }, { signal: caller.signal });
      for await (const { event } of stream) {
        if (event?.$case === 'token') received.push(event.value.tokenId);
        if (received.length === 5) caller.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ kind: 'cancelled' });
    const stepsAtCancel = setup.work.steps;
    await idle();
    expect(setup.work.steps - stepsAtCancel).toBeLessThanOrEqual(50);
    const stepsWhenIdle = setup.work.steps;
    expect(stepsWhenIdle).toBeLessThan(300);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(setup.work.steps).toBe(stepsWhenIdle);
  });

  test('ends at the deadline, and stops the work', async () => {
    setup = await serveInference(`m=${directory}`);
    const contexts = Array.from({ length: 512 }, () => golden.cases[0]!.greedy_ids.slice(0, 58));
    const input = { $case: 'tokens', value: tokens(...contexts) } as const;
    const interventions: never[] = [];
    const score = setup.client.scoreText(
      {
        model,
        input: { ...input, value: tokens(...contexts.slice(0, 256)) },
        interventions,
        compareWithUnedited: true,
      },
      { deadlineMs: 5 },
    );
    await expect(score).rejects.toMatchObject({ kind: 'unavailable', reason: 'DEADLINE_EXCEEDED' });
    await idle();
    const { forwards } = setup.work;
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(setup.work.forwards).toBe(forwards);
  });

  test('refuses calls beyond the queue with RESOURCE_EXHAUSTED and serves the others in turn', async () => {
    setup = await serveInference(`m=${directory}`, { activeRequests: 1, waitingRequests: 1 });
    const count = async () => {
      let seen = 0;
      for await (const { event } of setup.client.generateText({ model, prompt, sampling: long }))
        if (event?.$case === 'token') seen++;
      return seen;
    };
    const outcomes = await Promise.allSettled([count(), count(), count(), count()]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value)).toEqual([
      480, 480,
    ]);
    expect(refused).toHaveLength(2);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ kind: 'exhausted', reason: 'TOO_MANY_REQUESTS' });
  });

  test('serves a short request while a long one runs', async () => {
    setup = await serveInference(`m=${directory}`);
    const order: string[] = [];
    const generate = async (name: string, maxTokens: number) => {
      for await (const _ of setup.client.generateText({ model, prompt, sampling: { ...long, maxTokens } }));
      order.push(name);
    };
    await Promise.all([generate('long', 480), generate('short', 5)]);
    expect(order).toEqual(['short', 'long']);
  });

  test('refuses a cache that is larger than its memory', async () => {
    setup = await serveInference(`m=${directory}`, { cacheBytes: 100_000 });
    const run = async () => {
      for await (const _ of setup.client.generateText({ model, prompt, sampling: long }));
    };
    await expect(run()).rejects.toMatchObject({ kind: 'exhausted', reason: 'CACHE_FULL' });
    await expect(run()).rejects.toMatchObject({ kind: 'exhausted' });
  });
});
