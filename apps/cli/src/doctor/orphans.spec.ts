import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkOrphans } from './orphans.ts';

const NOWHERE = { FACET_CLICKHOUSE_URL: 'http://127.0.0.1:1' };

describe('checkOrphans', () => {
  let dataDirectory: string;

  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'facet-doctor-'));
  });
  afterEach(() => rm(dataDirectory, { recursive: true }));

  async function put(path: string, bytes: number): Promise<void> {
    const file = join(dataDirectory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.alloc(bytes));
  }

  test('finds none in an empty directory, and says that ClickHouse was not asked', async () => {
    const check = await checkOrphans({ dataDirectory, env: NOWHERE });
    expect(check).toMatchObject({ status: 'ok', orphans: [] });
    expect(check.found).toMatch(/^none; rows in ClickHouse are not counted: .*127\.0\.0\.1:1/);
  });

  test('counts how many there are, how many bytes, and where', async () => {
    for (let i = 0; i < 12; i++) await put(`objects/.tmp/${i}`, 1024);
    await put('objects/activationSets/deleted/shards/00000.safetensors', 2048);
    await put('objects/trainingRuns/ended/run.json', 1);
    await put('objects/trainingRuns/ended/outcome.json', 1);
    await put('objects/trainingRuns/ended/checkpoints/000000000001/state.safetensors', 4096);
    await put('objects/saes/half/attempts/x/sae_weights.safetensors', 8192);
    await put('clickhouse/spool/upload', 512);
    const { status, found, remedy, orphans } = await checkOrphans({ dataDirectory, env: NOWHERE });
    const counted = Object.fromEntries(orphans!.map(({ what, count, bytes }) => [what, [count, bytes]]));
    expect(counted).toEqual({
      'temporary files': [12, 12 * 1024],
      'files of deleted sets': [1, 2048],
      'checkpoints of ended runs': [1, 4096],
      'files of unpublished SAEs': [1, 8192],
      'uploads to ClickHouse': [1, 512],
    });
    expect(orphans![0]!.places).toHaveLength(10);
    expect(status).toBe('warning');
    expect(found).toContain('26.5 KiB in all: 12 temporary files (12.0 KiB) in .tmp/');
    expect(remedy).toContain('FACET_ORPHAN_MINUTES');
  });
});
