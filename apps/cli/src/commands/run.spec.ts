import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES } from '@facet/mesh';
import { type SpawnedFacet, spawnFacet } from '../testing/spawn-facet.ts';

const SHARED = fileURLToPath(new URL('../../../../../shared/', import.meta.url));
const MODEL = join(SHARED, 'data/models/stories260K');
const CORPUS = join(SHARED, 'data/text/tinystories.txt');
const present = existsSync(MODEL) && existsSync(CORPUS);
if (!present) console.warn('SKIPPED: the models and texts of ../shared are not there');
const describeWhenPresent = present ? describe : describe.skip;

const PROMPT = 'Once upon a time';

function runArguments(dataDirectory: string, more: readonly string[] = []): string[] {
  return [
    ['run', '--model', MODEL, '--corpus', CORPUS, '--hook', 'blocks.2.hook_resid_post'],
    ['--tokens', '20000', '--d-sae', '128', '--k', '8', '--epochs', '4', '--batch', '512'],
    ['--find', 'The dog ran in the park.|The big dog barked.|A dog and his ball.'],
    ['--against', 'She ate a red apple.|The sun was hot.|He went to sleep in his bed.'],
    ['--steer', 'clamp_to_max:5', '--prompt', PROMPT, '--max-tokens', '24'],
    ['--data-dir', dataDirectory],
    more,
  ].flat();
}

describeWhenPresent('facet run', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-run-'));
  });

  // After a second Ctrl-C ClickHouse ends by itself a moment later.
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

  test('goes from a corpus to steered text and proves what it did', async () => {
    const { exitCode, stdout, stderr } = await spawnFacet(runArguments(folder, ['--json', '--id', 'tiny']))
      .ended;
    expect(stderr).toMatch(/^capture: 20,0\d\d tokens/m);
    expect(exitCode).toBe(EXIT_CODES.OK);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const result = JSON.parse(stdout);
    expect(result.resources).toEqual({
      model: 'models/stories260k',
      activationSet: 'activationSets/tiny',
      trainingRun: 'trainingRuns/tiny',
      sae: 'saes/tiny',
      indexingRun: 'indexingRuns/tiny',
    });
    expect(result.capture).toMatchObject({ rows: 20_000, dIn: 64 });
    expect(result.training.fvu).toBeLessThan(0.6);
    expect(result.index.events).toBeGreaterThan(19_000);
    expect(result.contrasts[0].auroc).toBeGreaterThan(0.5);
    expect(result.feature.name).toBe(result.contrasts[0].feature.name);
    const { examples, steering, seconds } = result;
    for (const { tokens, peak = 0, activation } of examples)
      expect(tokens[peak].activation).toBeCloseTo(activation, 5);
    expect(examples[0].activation).toBeCloseTo(result.feature.maxActivation, 3);
    expect(steering.texts.default).toContain('there was a');
    expect(steering.texts.steered).not.toBe(steering.texts.default);
    const wanted = 5 * result.feature.maxActivation;
    const edited = steering.proofs.filter((proof: { edited?: boolean }) => proof.edited);
    expect(edited.length).toBe(steering.summary.positionsEdited);
    for (const { features, deltaNorm } of edited) {
      const moved = wanted - (features[0].fBefore ?? 0);
      expect(deltaNorm / moved).toBeCloseTo(1, 3);
    }
    const { total, ...stages } = seconds;
    expect(Object.keys(stages)).toEqual(['start', 'capture', 'train', 'index', 'find', 'steer', 'stop']);
    const sum = Object.values<number>(stages).reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThan(0.8 * total);
  }, 180_000);

  test.each([
    ['capture', ['--tokens', '3M']],
    ['train', ['--train-tokens', '100M']],
    ['index', ['--tokens', '200k', '--train-tokens', '20k']],
  ])(
    'Ctrl-C in the middle of %s cancels, leaves neither artifact nor process, and exits 130',
    async (stage, longer) => {
      const facet = spawnFacet(runArguments(folder, [...longer, '--json']));
      await facet.saying(new RegExp(`^${stage}: [\\d,]+ .*, \\w+`, 'm'));
      facet.kill('SIGINT');
      const { exitCode, stdout, stderr } = await facet.ended;
      expect(stderr).toContain('stopping; press Ctrl-C again');
      expect(stderr).toMatch(new RegExp(`^${stage}: interrupted`, 'm'));
      expect(exitCode).toBe(EXIT_CODES.INTERRUPTED);
      expect(JSON.parse(stdout).error).toMatchObject({ kind: 'cancelled', exitCode: EXIT_CODES.INTERRUPTED });
      expect(await tensorFilesIn(join(folder, 'objects'))).toEqual([]);
      expect(await processesUsing(folder)).toEqual([]);
    },
    120_000,
  );

  test('a second Ctrl-C exits at once with 130', async () => {
    const facet = spawnFacet(runArguments(folder, ['--tokens', '3M']));
    await facet.saying(/^capture: [\d,]+ .*tokens/m);
    facet.kill('SIGINT');
    await facet.saying(/press Ctrl-C again/);
    facet.kill('SIGINT');
    const { exitCode, stdout } = await facet.ended;
    expect(exitCode).toBe(EXIT_CODES.INTERRUPTED);
    expect(stdout).toBe('');
  }, 60_000);

  test('names the nearest hook point for one that does not exist', async () => {
    const args = runArguments(folder).map((text) => text.replace('hook_resid_post', 'hook_resid_pots'));
    const { exitCode, stderr } = await spawnFacet(args).ended;
    expect(await processesUsing(folder)).toEqual([]);
    expect(stderr).toContain('did you mean blocks.2.hook_resid_post?');
    expect(exitCode).toBe(EXIT_CODES.USAGE);
  }, 60_000);
});

describeWhenPresent('facet up', () => {
  test('serves the other commands until Ctrl-C', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facet-up-'));
    const any = Object.fromEntries(
      ['INFERENCE', 'CAPTURE', 'TRAINING', 'FEATURES', 'STEERING', 'CLICKHOUSE'].map((name) => [
        `FACET_${name}_LISTEN`,
        '127.0.0.1:0',
      ]),
    );
    const up = spawnFacet(['up', '--model', MODEL, '--data-dir', folder, '--json'], any);
    const [line] = await up.saying(/^\{"addresses".*\}$/m);
    const inference = JSON.parse(line).addresses.inference as string;
    const models = await spawnFacet(['models', 'list', '--json', '--inference-address', inference]).ended;
    expect(JSON.parse(models.stdout).models[0]).toMatchObject({ name: 'models/stories260k', dModel: 64 });
    up.kill('SIGINT');
    const { exitCode, stdout } = await up.ended;
    await rm(folder, { recursive: true, force: true });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(exitCode).toBe(EXIT_CODES.OK);
  }, 60_000);
});

describeWhenPresent('facet up, whose ClickHouse is killed', () => {
  let folder: string;
  let up: SpawnedFacet;
  let env: Record<string, string>;
  let connection: { url: string; user: string; password: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-up-'));
    const services = ['INFERENCE', 'CAPTURE', 'TRAINING', 'FEATURES', 'STEERING', 'CLICKHOUSE'];
    const any = Object.fromEntries(services.map((name) => [`FACET_${name}_LISTEN`, '127.0.0.1:0']));
    up = spawnFacet(['up', '--model', MODEL, '--data-dir', folder, '--json'], any);
    const [line] = await up.saying(/^\{"addresses".*\}$/m);
    const { addresses, clickhouseConnectionFile } = JSON.parse(line);
    connection = JSON.parse(await readFile(clickhouseConnectionFile, 'utf8'));
    env = Object.fromEntries(
      Object.entries<string>(addresses).map(([name, address]) => [
        `FACET_${name.toUpperCase()}_ADDRESS`,
        address,
      ]),
    );
  }, 120_000);

  afterAll(async () => {
    up.kill('SIGINT');
    const { stdout, stderr } = await up.ended;
    expect(`${stdout}${stderr}`).not.toContain(connection.password);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }, 60_000);

  async function doctor(): Promise<{
    exitCode: number | null;
    clickhouse: { status: string; found: string };
  }> {
    const { exitCode, stdout } = await spawnFacet(['doctor', '--json', '--data-dir', folder], env).ended;
    const checks: { name: string; status: string; found: string }[] = JSON.parse(stdout).checks;
    return { exitCode, clickhouse: checks.find(({ name }) => name === 'ClickHouse')! };
  }

  async function clickhouseProcess(): Promise<number> {
    const [pid] = await processesUsing(join(folder, 'clickhouse'));
    return Number(pid);
  }

  test('is seen by doctor when it does not answer, though its port is open', async () => {
    expect(await doctor()).toMatchObject({ exitCode: EXIT_CODES.OK, clickhouse: { status: 'ok' } });
    const pid = await clickhouseProcess();
    process.kill(pid, 'SIGSTOP');
    const stopped = await doctor();
    process.kill(pid, 'SIGCONT');
    expect(stopped).toMatchObject({ exitCode: EXIT_CODES.PRECONDITION, clickhouse: { status: 'failed' } });
    expect(stopped.clickhouse.found).toContain(`does not answer questions at ${connection.url}`);
  }, 120_000);

  test('is started again, and says so', async () => {
    process.kill(await clickhouseProcess(), 'SIGKILL');
    await up.saying(/ClickHouse \(process \d+\) is gone: it ended with SIGKILL/);
    await up.saying(/ClickHouse runs again at/);
    const headers = { authorization: `Bearer ${connection.password}` };
    const answer = await fetch(connection.url, { method: 'POST', body: 'SELECT 1', headers });
    expect(await answer.text()).toBe('1\n');
    expect(await doctor()).toMatchObject({ clickhouse: { status: 'ok' } });
  }, 120_000);

  test('lets no page of somebody else ask it', async () => {
    const headers = { authorization: `Bearer ${connection.password}`, origin: 'http://evil.example' };
    for (const method of ['POST', 'OPTIONS']) {
      const answer = await fetch(connection.url, { method, headers });
      expect(answer.status).toBe(403);
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect((await fetch(`${connection.url}/?query=SELECT+1`)).status).toBe(401);
  });
});

async function tensorFilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && /safetensors/.test(entry.name)).map(({ name }) => name);
}

/** Process ids whose environment names the folder; only Linux can tell, elsewhere none. */
async function processesUsing(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')),
  );
  return ids.filter((_, i) => environments[i]!.includes(folder));
}
