import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnFacet } from '../testing/spawn-facet.ts';

const SHARED = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const FAMILIES = join(SHARED, 'families');
const present = existsSync(FAMILIES);
if (!present) console.warn('SKIPPED: the golden models of ../shared are not there');
const describeWhenPresent = present ? describe : describe.skip;
const names = present
  ? readdirSync(FAMILIES).filter((name) => existsSync(join(FAMILIES, name, 'golden.json')))
  : [];

/** The whole way over a few thousand tokens, in contexts that every one of these small models has room for. */
function runArguments(model: string, dataDirectory: string): string[] {
  return [
    ['run', '--model', model, '--corpus', join(SHARED, 'text/tinystories.txt')],
    ['--hook', 'blocks.1.hook_resid_post', '--tokens', '3000', '--context', '32'],
    ['--d-sae', '64', '--k', '4', '--batch', '256', '--data-dir', dataDirectory, '--json'],
    ['--find', 'The dog ran.|The big dog barked.', '--against', 'She ate a red apple.|The sun was hot.'],
    ['--steer', 'clamp_to_max:4', '--prompt', 'Once upon', '--max-tokens', '8'],
  ].flat();
}

describeWhenPresent('facet run on a model of every family', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-families-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

  test.each(names)(
    'captures, trains, indexes, finds and steers %s',
    async (name) => {
      const { exitCode, stdout, stderr } = await spawnFacet(runArguments(join(FAMILIES, name), folder)).ended;
      if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
      const { training, index, steering } = JSON.parse(stdout);
      expect(training.fvu).toBeLessThan(1);
      expect(index.events).toBeGreaterThan(0);
      expect(steering.summary.positionsEdited).toBeGreaterThan(0);
    },
    300_000,
  );

  test('goes the whole way with a model in four bits, under its own name', async () => {
    const arguments_ = runArguments(join(FAMILIES, 'gpt2'), folder);
    const env = { FACET_INFERENCE_QUANTIZE: 'int4', FACET_INFERENCE_WEIGHT_COPIES: join(folder, 'copies') };
    const { exitCode, stdout, stderr } = await spawnFacet(arguments_, env).ended;
    if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
    const { resources, steering } = JSON.parse(stdout);
    expect(resources.model).toBe('models/gpt2-int4');
    expect(steering.summary.positionsEdited).toBeGreaterThan(0);
  }, 300_000);
});
