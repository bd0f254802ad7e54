import { attackService, type HostileResult } from '@facet/mesh/hostile';
import { describeWithModels } from '../system/describe-with-models.ts';
import { startHostileSystem } from './hostile-system.ts';
import { type HostileSystem, targetsOf } from './targets.ts';

/** The short form of `npm run test:hostile`: a tenth of its requests, by another seed. */
const SHORT = { share: 0.1, seed: 2 };

describeWithModels('under attack by callers of every kind', () => {
  let system: HostileSystem;
  let told: string[];

  beforeAll(async () => {
    system = await startHostileSystem();
  }, 600_000);
  afterAll(() => system?.stop(), 60_000);

  beforeEach(() => {
    told = [];
  });

  const attack = async (service: string): Promise<HostileResult> => {
    const target = targetsOf(system).find(({ name }) => name === service)!;
    return attackService(target, { ...SHORT, report: (line) => told.push(line) });
  };

  test.each(['inference', 'capture', 'training', 'features', 'steering'])(
    '%s stays up, answers every honest call, and tells nothing of itself',
    async (service) => {
      const result = await attack(service);
      const problems = { crashes: 0, wedged: 0, internal_errors: 0, paths_leaked: 0 };
      // The lines that were told come first, so that a failure shows what did not hold.
      const complaints = told.filter((line) => / (fails|leaks a path) at |not answered/.test(line));
      expect(complaints).toEqual([]);
      expect(result).toMatchObject(problems);
      expect(result.sent).toBeGreaterThan(100);
    },
    600_000,
  );
});
