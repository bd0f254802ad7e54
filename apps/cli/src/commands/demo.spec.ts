import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkReport, hasBrowser } from '@facet/console/testing';
import { SCOPE } from '@facet/lab';
import { EXIT_CODES } from '@facet/mesh';
import { spawnFacet } from '../testing/spawn-facet.ts';

const MODEL = fileURLToPath(new URL('../../../../models/landmarks', import.meta.url));
const present = existsSync(join(MODEL, 'model.safetensors'));
if (!present) console.warn('SKIPPED: the bundled model models/landmarks is not there');
const describeWhenPresent = present ? describe : describe.skip;

if (!hasBrowser) console.warn('SKIPPED: there is no chromium to open reports in');
const testWithBrowser = hasBrowser ? test : test.skip;

const SEEDS = 4;

describeWhenPresent('facet demo', () => {
  let folder: string;
  const demo = (more: readonly string[]) =>
    spawnFacet(
      [
        ['demo', '--tokens', '40000', '--seeds', String(SEEDS), '--data-dir', join(folder, 'data')],
        ['--out', join(folder, 'report', 'demo.html'), ...more],
      ].flat(),
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-demo-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

  test('goes on where it was interrupted, goes the whole way and reports it', async () => {
    const interrupted = demo([]);
    await interrupted.saying(/^capture: [\d,]+ tokens in /m);
    interrupted.kill('SIGINT');
    expect((await interrupted.ended).exitCode).toBe(EXIT_CODES.INTERRUPTED);

    const { exitCode, stdout, stderr } = await demo(['--json', '--strength', '3']).ended;
    expect(stderr).toMatch(/^capture: .* is there from an earlier run$/m);
    expect(stderr).toMatch(/^find: feature \d+, F1/m);
    expect(exitCode).toBe(EXIT_CODES.OK);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const figures = JSON.parse(stdout);
    requireConsistent(figures);
    await requireReport(figures);
  }, 120_000);

  test('uses what is finished again, and says so', async () => {
    const { exitCode, stdout, stderr } = await demo([]).ended;
    expect(exitCode).toBe(EXIT_CODES.OK);
    for (const stage of ['capture', 'train', 'index'])
      expect(stderr).toMatch(new RegExp(`^${stage}: .* is there from an earlier run$`, 'm'));
    expect(stdout).toMatch(/^The Golden Gate Bridge is saes\/landmarks-\S+\/features\/\d+$/m);
    expect(stdout).toContain('from an earlier run');
    expect(stdout).toContain(SCOPE);
    expect(await readFile(join(folder, 'report', 'demo.html'), 'utf8')).toContain(SCOPE);
  }, 60_000);

  testWithBrowser(
    'writes a report that a browser shows without an error',
    () => {
      checkReport(join(folder, 'report', 'demo.html'));
    },
    60_000,
  );

  test('refuses a wrong option before anything starts', async () => {
    const { exitCode, stderr } = await demo(['--seeds', '0']).ended;
    expect(stderr).toContain('--seeds "0" must be a whole number');
    expect(exitCode).toBe(EXIT_CODES.USAGE);
  }, 30_000);
});

/** One file that loads nothing, with its figures and texts. */
async function requireReport({
  report,
  default_text,
}: {
  report: string;
  default_text: string;
}): Promise<void> {
  const html = await readFile(report, 'utf8');
  expect(html).not.toMatch(/<script|<link(?! rel="icon" href="data:,")|(?:src|href)="(?!#|data:)|url\(/);
  expect(html.match(/<svg/g)?.length).toBeGreaterThanOrEqual(6);
  expect(html).toContain('What is your physical form?');
  expect(html).toContain(default_text);
  expect(await readdir(dirname(report))).toEqual(['demo.html']);
}

/** The figures agree with each other; their size depends on the model and is not asserted on so small a corpus. */
function requireConsistent(
  figures: Record<string, number> & { doses: { strength: number; share: number }[] },
) {
  for (const name of ['default_share', 'steered_share', 'random_share', 'precision', 'recall']) {
    expect(figures[name]).toBeGreaterThanOrEqual(0);
    expect(figures[name]).toBeLessThanOrEqual(1);
  }
  for (const name of ['default_share', 'steered_share', 'random_share'])
    expect((figures[name] * SEEDS) % 1).toBeCloseTo(0, 9);
  expect(figures.default_share).toBe(0);
  expect(figures.steered_named_share).toBeLessThanOrEqual(figures.steered_share);
  expect(figures.random_feature).not.toBe(figures.feature);
  expect(figures).toMatchObject({ seeds: SEEDS, dose: 3, hook_point: expect.stringMatching(/^blocks\./) });
  expect(figures.doses.map(({ strength }) => strength)).toEqual([0, 1, 2, 3, 5, 10, 20]);
  expect(figures.doses.find(({ strength }) => strength === 3)?.share).toBe(figures.steered_share);
  expect(figures.positions_edited).toBeGreaterThan(0);
  expect(figures.relative_delta).toBeGreaterThan(0);
  expect(figures.kl).toBeGreaterThan(0);
  const { precision, recall, f1 } = figures;
  if (f1 > 0) expect(f1).toBeCloseTo((2 * precision * recall) / (precision + recall), 9);
  const stages = Object.values<number>(figures.stage_seconds as unknown as Record<string, number>);
  expect(stages.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(figures.seconds + 0.1);
}
