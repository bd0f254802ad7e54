import { FacetError } from '@facet/errors';
import type { RunningServer } from '../../serving/serve.ts';
import { serveContracts } from '../serve-contracts.ts';
import { attackService } from './attack-service.ts';
import type { Target } from './battlefield.ts';

const SERVICE = 'facet.inference.v1.InferenceService';
const OPTIONS = { share: 0.01, seed: 3 };

let server: RunningServer;
afterEach(() => server.stop(0));

/** Serves inference with `answer` and attacks it; gives what was found and told. */
async function attack(answer: (method: string) => unknown, change: Partial<Target> = {}) {
  server = await serveContracts(answer);
  const told: string[] = [];
  const target: Target = {
    name: 'inference',
    address: server.address,
    services: [SERVICE],
    world: () => ({ model: 'models/m', text: 'Once', 'sampling.max_tokens': 4 }),
    honest: async () => {},
    tidy: async () => {},
    isAlive: () => true,
    rssBytes: () => process.memoryUsage().rss,
    logged: () => [],
    secrets: ['a-secret-folder'],
    ...change,
  };
  const result = await attackService(target, { ...OPTIONS, report: (line) => told.push(line) });
  return { result, told };
}

describe('attackService', () => {
  test('finds nothing in a service that answers everything', async () => {
    const { result } = await attack(() => ({}));
    expect(result).toMatchObject({ crashes: 0, wedged: 0, internal_errors: 0, paths_leaked: 0 });
    expect(result.sent).toBeGreaterThan(200);
  }, 120_000);

  test('counts failures, leaks and honest calls that are not answered, and tells of each', async () => {
    let honest = 0;
    const { result, told } = await attack(
      (method) => {
        if (method === 'GetModel') throw new TypeError('a bug');
        if (method === 'ListModels') throw new FacetError('invalid', 'look into a-secret-folder');
        return {};
      },
      {
        honest: async () => {
          honest += 1;
          if (honest === 3) throw new Error('refused');
        },
      },
    );
    expect(result).toMatchObject({ crashes: 0, wedged: 1 });
    expect(result.internal_errors).toBeGreaterThan(0);
    expect(result.paths_leaked).toBeGreaterThan(0);
    expect(told.find((line) => line.includes('/GetModel: '))).toContain('inference fails at');
    expect(told.find((line) => line.includes('/ListModels: '))).toContain('inference leaks a path at');
  }, 120_000);

  test('ends when the process has ended', async () => {
    let asked = 0;
    const isAlive = () => {
      asked += 1;
      return asked < 2;
    };
    const { result } = await attack(() => ({}), { isAlive });
    expect(result.crashes).toBe(1);
  }, 60_000);
});
