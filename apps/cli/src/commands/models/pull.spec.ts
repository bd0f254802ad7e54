import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HubServer, startHubServer } from '@facet/hub/testing';
import { EXIT_CODES } from '@facet/mesh';
import { spawnFacet } from '../../testing/spawn-facet.ts';

const CONFIG = JSON.stringify({
  model_type: 'llama',
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 4,
  vocab_size: 5,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
});
const WEIGHTS = Buffer.from(Uint32Array.from({ length: 1 << 20 }, (_, i) => i * 2654435761).buffer);

describe('facet models pull', () => {
  let root: string;
  let hub: HubServer;
  let env: Record<string, string>;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'facet-cli-pull-'));
    hub = await startHubServer({
      'config.json': CONFIG,
      'tokenizer.json': '{}',
      'model.safetensors': WEIGHTS,
    });
    env = { HF_ENDPOINT: hub.endpoint, HF_HOME: root, HF_HUB_CACHE: '', HF_TOKEN: '', HF_HUB_OFFLINE: '' };
  });
  afterEach(async () => {
    await hub.close();
    await rm(root, { recursive: true, force: true });
  });

  const facet = (...args: string[]) => spawnFacet(['models', 'pull', ...args], env);
  const folder = () => join(root, 'hub/models--org--tiny');
  const ranges = () => hub.requests.filter(({ origin, method }) => origin === 'store' && method === 'GET');

  test('says where the model is and how it is held, with progress on standard error', async () => {
    const { exitCode, stdout, stderr } = await facet('org/tiny').ended;
    expect(exitCode).toBe(EXIT_CODES.OK);
    expect(stdout).toContain(`org/tiny is in ${join(folder(), 'snapshots', hub.commit)}`);
    expect(stdout).toContain('facet up --model org/tiny   holds it as models/tiny');
    expect(stderr).toMatch(/^pull org\/tiny: \d+ of \d+ MiB/m);
    expect(stderr).toMatch(/^pull org\/tiny: 4\.0 MiB \(/m);
  });

  test('writes one line of JSON, for errors too', async () => {
    const good = JSON.parse((await facet('org/tiny', '--json').ended).stdout);
    expect(good).toMatchObject({ model: 'models/tiny', repository: 'org/tiny', commit: hub.commit });
    const { exitCode, stdout } = await facet('org/absent@v2', '--json').ended;
    expect(exitCode).toBe(EXIT_CODES.PRECONDITION);
    expect(JSON.parse(stdout).error).toMatchObject({
      kind: 'not-found',
      message: `the hub at ${hub.endpoint} has no org/absent@v2; check name and revision`,
    });
    expect((await facet('https://hub/org/tiny').ended).exitCode).toBe(EXIT_CODES.USAGE);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)('goes on where %s ended it', async (signal) => {
    hub.faults = { isSilent: true, cuts: [1_500_000] };
    const first = facet('org/tiny');
    const blobs = join(folder(), 'blobs');
    const partial = async () => {
      const names = (await readdir(blobs).catch(() => [])).filter((name) => name.endsWith('.incomplete'));
      const sizes = await Promise.all(
        names.map(async (name) => (await stat(join(blobs, name)).catch(() => ({ size: 0 }))).size),
      );
      return Math.max(0, ...sizes);
    };
    await until(async () => (await partial()) >= 1_500_000);
    first.kill(signal);
    const { exitCode, stderr } = await first.ended;
    expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 137);
    if (signal === 'SIGINT') expect(stderr).toContain('what has come already is kept');
    expect(await readdir(join(folder(), 'snapshots')).catch(() => [])).toEqual([]);
    hub.faults = {};
    expect((await facet('org/tiny').ended).exitCode).toBe(EXIT_CODES.OK);
    expect(ranges().map(({ range }) => range)).toEqual([undefined, 'bytes=1500000-']);
    const weights = await readFile(join(folder(), 'snapshots', hub.commit, 'model.safetensors'));
    expect(weights.equals(WEIGHTS)).toBe(true);
    expect((await readdir(blobs)).filter((name) => name.includes('.'))).toEqual([]);
  });
});

/** Waits for something that another process does. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to pass in 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
