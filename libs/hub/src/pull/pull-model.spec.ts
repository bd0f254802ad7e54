import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locateModel } from '../cache/locate-model.ts';
import { CONFIG, refusal, sha256, usePullSetup, WEIGHTS, weightsOf } from '../testing/pull-setup.ts';
import type { PullProgress } from './pull-model.ts';

const at = usePullSetup();

describe('pullModel', () => {
  test('brings what a model is read from, and nothing else, in the layout of the Hugging Face cache', async () => {
    const pulled = await at.pull();
    const snapshot = join(at.folder, 'snapshots', at.hub.commit);
    expect(pulled).toMatchObject({ commit: at.hub.commit, directory: snapshot });
    expect((await readdir(snapshot)).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    await at.expectWeights(join(snapshot, 'model.safetensors'));
    expect(await readlink(join(snapshot, 'model.safetensors'))).toBe(`../../blobs/${sha256(WEIGHTS)}`);
    expect(await readFile(join(at.folder, 'refs/main'), 'utf8')).toBe(at.hub.commit);
    expect(await locateModel('org/tiny', at.cache)).toBe(snapshot);
    expect((await readdir(at.folder)).sort()).toEqual(['blobs', 'refs', 'snapshots']);
    expect((await readdir(join(at.folder, 'blobs'))).filter((name) => name.includes('.'))).toEqual([]);
    const asked = at.hub.requests.map(({ url }) => url).join(' ');
    for (const name of ['README', 'pytorch_model', 'onnx']) expect(asked).not.toContain(name);
  });

  test('brings chat templates beside the default one, and no other name that looks like one', async () => {
    const folder = 'additional_chat_templates';
    at.hub.files.set(`${folder}/tool_use.jinja`, Buffer.from('{{ tools }}'));
    for (const name of ['../escaped.jinja', '..jinja', 'deep/er.jinja', 'notes.txt'])
      at.hub.files.set(`${folder}/${name}`, Buffer.from('no template'));
    const { directory } = await at.pull();
    expect(await readdir(join(directory, folder))).toEqual(['tool_use.jinja']);
    expect(await readFile(join(directory, folder, 'tool_use.jinja'), 'utf8')).toBe('{{ tools }}');
    expect(await readlink(join(directory, folder, 'tool_use.jinja'))).toMatch(/^\.\.\/\.\.\/\.\.\/blobs\//);
    // Once more over a snapshot that lacks it.
    await rm(join(directory, folder), { recursive: true });
    await at.pull();
    expect(await readdir(join(directory, folder))).toEqual(['tool_use.jinja']);
  });

  test('sends the token to the hub and never to the store behind it', async () => {
    at.hub.faults.token = 'of any form';
    await at.pull('org/tiny', { HF_TOKEN: 'of any form' });
    const tokens = (origin: string) => [
      ...new Set(
        at.hub.requests
          .filter((request) => request.origin === origin)
          .map((request) => request.authorization),
      ),
    ];
    expect(tokens('hub')).toEqual(['Bearer of any form']);
    expect(tokens('store')).toEqual([undefined]);
  });

  test('takes a revision, and the token of the file', async () => {
    at.hub.faults.token = 'filed';
    await writeFile(join(at.root, 'token'), 'filed\n');
    await at.pull('org/tiny@refs/pr/1');
    expect(await readFile(join(at.folder, 'refs/refs/pr/1'), 'utf8')).toBe(at.hub.commit);
    expect(await locateModel('org/tiny@refs/pr/1', at.cache)).toContain(at.hub.commit);
    await expect(locateModel('org/tiny', at.cache)).rejects.toThrow('facet models pull org/tiny');
  });

  test('says how far it is, to the last byte', async () => {
    const seen: PullProgress[] = [];
    await at.pull('org/tiny', {}, { onProgress: (progress) => seen.push(progress) });
    const weights = seen.filter(({ file }) => file === 'model.safetensors');
    expect(weights.length).toBeGreaterThan(2);
    expect(weights.at(-1)).toEqual({
      file: 'model.safetensors',
      doneBytes: WEIGHTS.length,
      totalBytes: WEIGHTS.length,
    });
  });

  test('checks what lies in the cache, mends what is damaged and fetches nothing else', async () => {
    await at.pull();
    at.hub.requests.length = 0;
    await at.pull();
    expect(at.hub.requests.filter(({ method, url }) => method === 'GET' && !url.startsWith('/api'))).toEqual(
      [],
    );
    const damaged = Buffer.from(WEIGHTS);
    damaged[5]! ^= 1;
    await writeFile(at.weightBlob, damaged);
    await at.pull();
    expect(at.weightRanges()).toHaveLength(1);
    await at.expectWeights();
  });

  test('completes a snapshot that another program left in part', async () => {
    const snapshot = join(at.folder, 'snapshots', at.hub.commit);
    await mkdir(snapshot, { recursive: true });
    await writeFile(join(snapshot, 'config.json'), '{"half"');
    await writeFile(join(snapshot, 'README.md'), 'kept');
    await at.pull();
    expect(await readFile(join(snapshot, 'config.json'), 'utf8')).toBe(CONFIG);
    await at.expectWeights(join(snapshot, 'model.safetensors'));
    expect(await readFile(join(snapshot, 'README.md'), 'utf8')).toBe('kept');
  });

  test('brings the same model twice at once', async () => {
    await Promise.all([at.pull(), at.pull()]);
    await at.expectWeights();
    expect(await locateModel('org/tiny', at.cache)).toContain(at.hub.commit);
    expect((await readdir(join(at.folder, 'snapshots'))).sort()).toEqual([at.hub.commit]);
  });

  test('brings the shards that the index names, and refuses one that is not there', async () => {
    at.hub.files.delete('model.safetensors');
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    at.hub.files.set(
      'model.safetensors.index.json',
      Buffer.from(JSON.stringify({ weight_map: { a: shards[0], b: shards[1] } })),
    );
    at.hub.files.set(shards[0]!, weightsOf(4000));
    at.hub.files.set('extra.safetensors', weightsOf(8));
    expect(await refusal(at.pull())).toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining(`names ${shards[1]}, which it does not have`),
    });
    expect(at.weightRanges()).toEqual([]);
    at.hub.files.set(shards[1]!, weightsOf(8000));
    const { directory } = await at.pull();
    expect((await readdir(directory)).filter((name) => name.includes('safetensors')).sort()).toEqual([
      ...shards,
      'model.safetensors.index.json',
    ]);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'no safetensors',
      () => at.hub.files.delete('model.safetensors'),
      /has no \*\.safetensors \(it has pytorch_model\.bin\); choose/,
    ],
    [
      'no tokenizer.json',
      () => at.hub.files.delete('tokenizer.json'),
      /has no tokenizer\.json; write one with transformers/,
    ],
    [
      'no config.json',
      () => at.hub.files.delete('config.json'),
      /has no config\.json; name the repository of the original/,
    ],
    [
      'an adapter',
      () => at.hub.files.set('adapter_config.json', Buffer.from('{}')),
      /holds an adapter \(adapter_config\.json\)/,
    ],
    [
      'a family that is not supported',
      () => at.hub.files.set('config.json', Buffer.from('{"model_type": "mamba"}')),
      /config\.json of org\/tiny.*mamba/,
    ],
  ])('refuses a repository with %s before its weights come', async (_, change, message) => {
    change();
    expect((await refusal(at.pull())).message).toMatch(message);
    expect(at.weightRanges()).toEqual([]);
    await at.expectNoModel();
  });

  test.each<[number, Record<string, string>, Record<string, string>, string, RegExp]>([
    [401, {}, {}, 'precondition', /shows no org\/tiny without a token: .*HF_TOKEN/],
    [401, {}, { HF_TOKEN: 'old' }, 'precondition', /refuses the token; renew HF_TOKEN/],
    [
      403,
      { 'X-Error-Code': 'GatedRepo' },
      { HF_TOKEN: 'mine' },
      'precondition',
      /accept its terms at http:.*\/org\/tiny/,
    ],
    [404, { 'X-Error-Code': 'RepoNotFound' }, {}, 'not-found', /has no org\/tiny; check name and revision/],
    [404, { 'X-Error-Code': 'RevisionNotFound' }, {}, 'not-found', /org\/tiny has no revision main/],
    [410, {}, {}, 'precondition', /refuses org\/tiny \(410\)/],
    [429, {}, {}, 'unavailable', /asks to wait \(429\)/],
    [500, {}, {}, 'unavailable', /fails \(500\); pull again later/],
  ])('tells %i %j %j as %s', async (code, headers, env, kind, message) => {
    at.hub.faults.status = { code, headers };
    const { kind: found, message: text } = await refusal(at.pull('org/tiny', env));
    expect(found).toBe(kind);
    expect(text).toMatch(message);
    expect(text).not.toContain('mine');
    await at.expectNoModel();
  });

  test('tries again where the hub is busy, and names a hub that is not there', async () => {
    at.hub.faults.unavailable = 3;
    await at.pull();
    await at.hub.close();
    const { kind, message } = await refusal(at.pull());
    expect(kind).toBe('unavailable');
    expect(message).toContain(
      `the hub at ${at.hub.endpoint} broke off or does not answer (ECONNREFUSED); check HF_ENDPOINT`,
    );
  });

  test.each([
    ['../../../x', /the commit "..\/..\/..\/x"/],
    ['', /the commit ""/],
  ])('refuses the commit %j', async (commit, message) => {
    at.hub.commit = commit;
    expect((await refusal(at.pull())).message).toMatch(message);
    await expect(stat(at.cache)).rejects.toThrow('ENOENT');
  });

  test.each(['<html>log in</html>', '[]', '{"sha": 7}', 'null', '{"sha": "abc", "siblings": [{}, null]}'])(
    'refuses a hub that describes the revision by %s',
    async (description) => {
      at.hub.faults.description = description;
      const { kind, message } = await refusal(at.pull());
      expect(kind).toBe('precondition');
      expect(message).toMatch(
        /so that what it sends cannot be checked; check HF_ENDPOINT|has no config\.json/,
      );
    },
  );

  test('asks no hub when it is offline', async () => {
    const env = { HF_HUB_OFFLINE: '1' };
    expect(await refusal(at.pull('org/tiny', env))).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('HF_HUB_OFFLINE forbids to ask the hub; unset it'),
    });
    expect(at.hub.requests).toEqual([]);
    await at.pull();
    at.hub.requests.length = 0;
    expect((await at.pull('org/tiny', env)).directory).toContain(at.hub.commit);
    expect((await at.pull(`org/tiny@${at.hub.commit}`, env)).directory).toContain(at.hub.commit);
    await rm(at.weightBlob);
    expect((await refusal(at.pull('org/tiny', env))).message).toMatch(
      /model\.safetensors is a link to .* does not exist/,
    );
    expect(at.hub.requests).toEqual([]);
  });

  test('names a cache that cannot be written', async () => {
    const file = join(at.root, 'file');
    await writeFile(file, '');
    expect(await refusal(at.pull('org/tiny', { HF_HUB_CACHE: join(file, 'hub') }))).toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('set HF_HUB_CACHE to a folder that can be written'),
    });
  });
});
