import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectoryOf, pullModel, readHubSettings, requireRepository } from '@facet/hub';
import { startHubServer } from '@facet/hub/testing';
import { tokens } from '../testing/messages.ts';
import { serveInference } from '../testing/serve-inference.ts';

const DIRECTORY = join(__dirname, '../../../../../shared/data/models/stories260K');

(existsSync(DIRECTORY) ? describe : describe.skip)('a model that was pulled', () => {
  let root: string;
  let directory: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'facet-pulled-'));
    const names = (await readdir(DIRECTORY, { withFileTypes: true })).filter((entry) => entry.isFile());
    const files: Record<string, Buffer> = {};
    for (const { name } of names) files[name] = await readFile(join(DIRECTORY, name));
    const hub = await startHubServer(files);
    try {
      const settings = readHubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: root });
      const { signal } = new AbortController();
      ({ directory } = await pullModel(requireRepository('org/tiny'), settings, { signal }));
    } finally {
      await hub.close();
    }
  });
  afterAll(() => rm(root, { recursive: true }));

  const serve = (models: string) =>
    serveInference(models, { cacheDirectory: cacheDirectoryOf({ HF_HOME: root }) });

  test('is served by the name of its repository, found by folder names, and is the model of the directory', async () => {
    const setup = await serve(`org/tiny,of-directory=${DIRECTORY}`);
    try {
      const { model } = await setup.client.getModel({ name: 'models/tiny' });
      const { model: original } = await setup.client.getModel({ name: 'models/of-directory' });
      expect(model!.lineage).toEqual({ ...original!.lineage, modelId: 'tiny' });
      const { model: byFolder } = await setup.client.getModel({ name: 'models/Tiny' });
      expect(byFolder!.name).toBe('models/tiny');
      const found = (name: string) =>
        setup.client.getModel({ name }).then(String, ({ message }: Error) => message);
      expect(await found('models/Absent')).toContain(
        'models/Absent is not held here; held are: models/of-directory',
      );
      expect(await found('models/../tiny')).toContain('is not a resource id');
    } finally {
      await setup.close();
    }
  });

  test('runs where its blobs lie in the store that all repositories of the cache share', async () => {
    const cache = cacheDirectoryOf({ HF_HOME: root });
    const blobs = join(directory, '../../blobs');
    await mkdir(join(cache, 'blobs/ab'), { recursive: true });
    for (const name of await readdir(blobs)) {
      await rename(join(blobs, name), join(cache, 'blobs/ab', name));
      await symlink(`../../blobs/ab/${name}`, join(blobs, name));
    }
    const setup = await serve('org/tiny');
    try {
      const stream = setup.client.computeActivations({
        model: 'models/tiny',
        input: { $case: 'tokens', value: tokens([1, 403, 407]) },
        hookPoints: ['blocks.0.hook_resid_post'],
      });
      let rows = 0;
      for await (const { event } of stream)
        if (event?.$case === 'block') rows += event.value.activations!.shape[0]!;
      expect(rows).toBe(3);
    } finally {
      await setup.close();
    }
  });

  test('is not read again at the next start, until it changes', async () => {
    const checksFile = join(root, 'data/weight-checks');
    const start = async () => {
      const setup = await serveInference(DIRECTORY, { checksFile });
      const { model } = await setup.client.getModel({ name: 'models/stories260k' });
      await setup.close();
      return model!.lineage!.modelSha256;
    };
    const first = await start();
    const before = await stat(checksFile);
    expect(await start()).toBe(first);
    expect((await stat(checksFile)).mtimeMs).toBe(before.mtimeMs);
    await writeFile(checksFile, 'damaged');
    expect(await start()).toBe(first);
    expect((await stat(checksFile)).size).toBe(before.size);
  });
});
