import type { MeasureDoseResponseResponse } from '@facet/contracts';
import {
  collectSteering,
  editOf,
  hasModel,
  type SteeringSystem,
  startSteeringSystem,
} from '../testing/steering-system.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const prompts = ['Once upon a time', 'The dog'];
const sampling = { temperature: 0, maxTokens: 10 };

describeWithModel('MeasureDoseResponse', () => {
  let system: SteeringSystem;

  beforeAll(async () => {
    system = await startSteeringSystem();
  }, 90_000);

  afterAll(async () => {
    await system?.stop();
  }, 30_000);

  type Request = Parameters<SteeringSystem['client']['measureDoseResponse']>[0];
  const measure = async (request: Request) => {
    const responses: MeasureDoseResponseResponse[] = [];
    for await (const response of system.client.measureDoseResponse({ prompts, sampling, ...request }))
      responses.push(response);
    return responses;
  };

  test('measures every prompt at every strength, in that order, over several batches', async () => {
    const strengths = [0, 1, 2, 3, 4, 5, 6, 7, 20];
    const edit = editOf('plain/3', { $case: 'add', value: 1 });
    const responses = await measure({ edit, strengths });
    expect(responses.map(({ strength, prompt }) => [strength, prompt])).toEqual(
      strengths.flatMap((strength) => [0, 1].map((prompt) => [strength, prompt])),
    );
    for (const { meanKl, relativeDelta, positionsEdited } of responses.slice(0, 2)) {
      expect([relativeDelta, positionsEdited]).toEqual([0, 0]);
      expect(meanKl).toBeCloseTo(0, 6);
    }
    const first = responses.filter(({ prompt }) => prompt === 0);
    expect(first.at(-1)!.relativeDelta).toBeGreaterThan(first[1]!.relativeDelta);
    expect(first.at(-1)!.meanKl).toBeGreaterThan(first[1]!.meanKl);
  });

  test('gives what GenerateSteeredText gives at that strength', async () => {
    const edit = (value: number) => editOf('plain/3', { $case: 'clamp', value });
    const [, dose] = await measure({ edit: edit(1), strengths: [2, 8], prompts: prompts.slice(0, 1) });
    const { finished, summary, proofs } = await collectSteering(
      system.client.generateSteeredText({
        prompt: prompts[0]!,
        edits: [edit(8)],
        sampling,
        steeredOnly: true,
      }),
    );
    expect(dose).toMatchObject({
      strength: 8,
      text: finished[0]!.text,
      positionsEdited: summary.positionsEdited,
    });
    expect(dose!.meanKl).toBeCloseTo(summary.meanKl!, 4);
    expect(dose!.unsteeredNll).toBeCloseTo(summary.unsteeredNll!, 4);
    const relative = proofs.filter(({ edited }) => edited).map(({ deltaNorm, xNorm }) => deltaNorm / xNorm);
    expect(dose!.relativeDelta).toBeCloseTo(relative.reduce((a, b) => a + b, 0) / relative.length, 4);
  });

  test('counts chats on behind the prompts', async () => {
    const edit = editOf('plain/3', { $case: 'add', value: 3 });
    const chats = [{ messages: [{ role: 'user', content: 'Once' }] }];
    const responses = await measure({ edit, strengths: [4], prompts: ['The dog', '<user> Once '], chats });
    expect(responses.map(({ prompt }) => prompt)).toEqual([0, 1, 2]);
    expect({ ...responses[2]!, prompt: 1 }).toEqual(responses[1]);
    expect(await measure({ edit, strengths: [4], prompts: [], chats })).toEqual([
      { ...responses[2]!, prompt: 0 },
    ]);
  });

  test.each<[Request, string]>([
    [{ strengths: [] }, 'strengths'],
    [{ strengths: Array(33).fill(1) }, 'strengths'],
    [{ prompts: [] }, 'prompts'],
    [{ strengths: [1, Number.NaN] }, 'strengths[1]'],
    [{ strengths: [1, 1e9] }, 'strengths[1].add'],
    [{ edit: editOf('plain/3', { $case: 'ablate', value: {} }) }, 'edit.ablate'],
    [{ prompts: ['The dog', 'dog '.repeat(2000)] }, 'prompts[1]'],
    [{ chats: [{ messages: [{ role: '', content: 'x' }] }] }, 'chats[0].messages[0].role'],
  ])('refuses %.80j at %s', async (request, field) => {
    const edit = editOf('plain/3', { $case: 'add', value: 1 });
    await expect(measure({ edit, strengths: [1], ...request })).rejects.toMatchObject({
      kind: 'invalid',
      field,
    });
  });
});
