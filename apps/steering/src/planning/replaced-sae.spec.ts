import { SaeServiceDefinition } from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { readJson, writeJson } from '@facet/objects';
import { z } from 'zod';
import { MODEL, writePlainSae } from '../testing/fixture.ts';
import {
  collectSteering,
  editOf,
  hasModel,
  type SteeringSystem,
  startSteeringSystem,
} from '../testing/steering-system.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const mismatch = { kind: 'precondition', reason: 'LINEAGE_MISMATCH' };

describeWithModel('an SAE that was deleted and made anew under its name', () => {
  let system: SteeringSystem;
  const toMaximum = [editOf('plain/3', { $case: 'clampToMax', value: 2 })];
  const steer = (request: object) =>
    collectSteering(
      system.client.generateSteeredText({
        prompt: 'Once upon a time',
        sampling: { maxTokens: 2 },
        ...request,
      }),
    );
  const offsetOf = async (request: object) => (await steer(request)).started.edits[0]!.offset;

  beforeAll(async () => {
    system = await startSteeringSystem();
    await system.indexPlain();
    await system.client.createSteeringProfile({
      steeringProfileId: 'pinned',
      steeringProfile: { model: MODEL, edits: toMaximum },
    });
    const key = 'steeringProfiles/pinned.json';
    const { saes: _, ...older } = await readJson(system.store, key, z.looseObject({}));
    await writeJson(system.store, 'steeringProfiles/older.json', { ...older, id: 'older' });
    expect(await offsetOf({ edits: toMaximum })).toBeCloseTo(2 * system.fixture.maxima[3]!, 4);
    expect(await offsetOf({ profile: 'steeringProfiles/pinned' })).toBeCloseTo(
      2 * system.fixture.maxima[3]!,
      4,
    );
    expect(await offsetOf({ profile: 'steeringProfiles/older' })).toBeCloseTo(
      2 * system.fixture.maxima[3]!,
      4,
    );
    const connection = connect(system.config.trainingAddress);
    await createServiceClient(SaeServiceDefinition, connection).deleteSae({ name: 'saes/plain' });
    connection.close();
    await writePlainSae(system.store, 'plain', { rows: 'reversed', lineage: system.fixture.lineage });
  }, 240_000);

  afterAll(() => system?.stop(), 60_000);

  test('is not clamped to the maximum of the one before it', async () => {
    await expect(steer({ edits: toMaximum })).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringContaining('index it again'),
    });
  });

  test('is steered by values, and without the old maximum as a limit', async () => {
    const { started } = await steer({ edits: [editOf('plain/3', { $case: 'clamp', value: 7 })] });
    expect(started.edits[0]).toMatchObject({ offset: 7, maxActivation: 0 });
  });

  test.each(['pinned', 'older'])(
    'is not steered by the profile “%s” that was made for the other',
    async (id) => {
      const profile = `steeringProfiles/${id}`;
      await expect(steer({ profile })).rejects.toMatchObject({
        ...mismatch,
        message: expect.stringMatching(new RegExp(`^${profile} was .*update its edits$`)),
      });
    },
  );

  test('is clamped to its own maximum when it is indexed, also by a profile whose edits are set anew', async () => {
    await system.indexPlain('anew');
    const own = 2 * system.fixture.maxima[system.fixture.maxima.length - 1 - 3]!;
    expect(await offsetOf({ edits: toMaximum })).toBeCloseTo(own, 4);
    const steeringProfile = { name: 'steeringProfiles/pinned', edits: toMaximum };
    await system.client.updateSteeringProfile({ steeringProfile, updateMask: ['edits'] });
    expect(await offsetOf({ profile: 'steeringProfiles/pinned' })).toBeCloseTo(own, 4);
  }, 240_000);
});
