import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkReport, hasBrowser } from '@facet/console/testing';
import { EXIT_CODES } from '@facet/mesh';
import { type SpawnedFacet, spawnFacet } from '../testing/spawn-facet.ts';

const SHARED = fileURLToPath(new URL('../../../../../shared/', import.meta.url));
const MODEL = join(SHARED, 'data/models/stories260K');
const CORPUS = join(SHARED, 'data/text/tinystories.txt');
const present = existsSync(MODEL) && existsSync(CORPUS);
if (!present) console.warn('SKIPPED: the models and texts of ../shared are not there');
const describeWhenPresent = present ? describe : describe.skip;

const SERVICES = ['INFERENCE', 'CAPTURE', 'TRAINING', 'FEATURES', 'STEERING', 'CLICKHOUSE'];

describeWhenPresent('facet sweep', () => {
  let folder: string;
  let up: SpawnedFacet;
  let addresses: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-sweep-'));
    const anyPort = Object.fromEntries(SERVICES.map((name) => [`FACET_${name}_LISTEN`, '127.0.0.1:0']));
    const data = ['--data-dir', join(folder, 'data'), '--corpora', dirname(CORPUS)];
    up = spawnFacet(['up', '--model', MODEL, ...data, '--json'], anyPort);
    const [line] = await up.saying(/^\{"addresses".*\}$/m);
    const served: Record<string, string> = JSON.parse(line).addresses;
    addresses = Object.fromEntries(
      Object.entries(served).map(([name, address]) => [`FACET_${name.toUpperCase()}_ADDRESS`, address]),
    );
    const where = ['--model', 'stories260k', '--corpus', CORPUS, '--hook', 'blocks.2.hook_resid_post'];
    const capture = ['capture', ...where, '--tokens', '20000', '--id', 'tiny'];
    expect((await spawnFacet(capture, addresses).ended).exitCode).toBe(EXIT_CODES.OK);
  }, 240_000);

  test('runs on services that read corpora of their folders only', async () => {
    const where = ['--model', 'stories260k', '--hook', 'blocks.2.hook_resid_post'];
    for (const corpus of ['/etc/passwd', '/proc/self/environ']) {
      const { exitCode, stderr } = await spawnFacet(['capture', ...where, '--corpus', corpus], addresses)
        .ended;
      expect(stderr).toContain(`the corpus "${corpus}" lies outside the folders of corpora of this service`);
      expect(exitCode).toBe(EXIT_CODES.USAGE);
    }
  }, 60_000);

  afterAll(async () => {
    up.kill('SIGINT');
    await up.ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }, 60_000);

  const sweep = (...more: string[]) => {
    const grid = ['--recipe', 'topk,jumprelu', '--d-sae', '64,128', '--k', '4,8', '--target-l0', '6'];
    const steps = ['--train-tokens', '200k', '--batch', '512', '--learning-rate', '1e-3'];
    const measure = ['--evaluation-tokens', '500', '--out', folder];
    const args = ['sweep', '--activations', 'tiny', ...grid, ...steps, ...measure, '--json', ...more];
    return spawnFacet(args, addresses);
  };

  test('pauses when interrupted, goes on with the same command, and ends with the frontier', async () => {
    const interrupted = sweep();
    await interrupted.saying(/^train: [\d,]+ of 199,\d+ tokens/m);
    interrupted.kill('SIGINT');
    const left = await interrupted.ended;
    expect(left.exitCode).toBe(EXIT_CODES.INTERRUPTED);
    expect(JSON.parse(left.stdout).error.message).toMatch(/is paused; the same command goes on/);

    const { exitCode, stdout, stderr } = await sweep().ended;
    expect(exitCode).toBe(EXIT_CODES.OK);
    expect(stderr).toMatch(/^6 SAEs on one reading; [\d.]+ MiB of memory planned/m);
    expect(stderr).toMatch(/goes on from step [\d,]+$/m);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const { name, frontier, report, members } = JSON.parse(stdout);
    const id = name.slice('trainingRuns/'.length);
    expect(members).toHaveLength(6);
    expect(frontier.map(({ sae }: { sae: string }) => sae)).toEqual(
      ['topk-64-k4', 'topk-64-k8', 'topk-128-k4', 'topk-128-k8', 'jumprelu-64-l0-6', 'jumprelu-128-l0-6'].map(
        (variant) => `saes/${id}-${variant}`,
      ),
    );
    for (const row of frontier) {
      expect(row.tokens).toBe(500);
      expect(row.fvu).toBeGreaterThan(0);
      expect(row.fvu).toBeLessThan(1);
      expect(row.model.ceRecoveredZero).toBeLessThanOrEqual(1);
      expect(row.model.klSae).toBeGreaterThan(0);
    }
    expect(frontier[0].l0).toBeLessThanOrEqual(4);
    expect(frontier.some(({ pareto }: { pareto: { fvu: boolean } }) => pareto.fvu)).toBe(true);
    if (hasBrowser) checkReport(report);
    const show = await spawnFacet(['saes', 'list', '--json'], addresses).ended;
    expect(JSON.parse(show.stdout).saes).toHaveLength(6);
  }, 300_000);

  test('refuses a grid that the service cannot train, before anything is trained', async () => {
    const { exitCode, stdout } = await sweep('--d-sae', '64,1048576').ended;
    expect(exitCode).toBe(EXIT_CODES.EXHAUSTED);
    expect(JSON.parse(stdout).error.message).toMatch(/needs \d+ bytes of memory, .* allows \d+/);
  }, 60_000);
});
