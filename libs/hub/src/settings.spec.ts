import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHubSettings, readToken } from './settings.ts';

describe('readHubSettings', () => {
  test('has the defaults of huggingface_hub, empty values too', () => {
    const home = join(homedir(), '.cache/huggingface');
    const expected = {
      endpoint: 'https://huggingface.co',
      cacheDirectory: join(home, 'hub'),
      isOffline: false,
      token: undefined,
      tokenFile: join(home, 'token'),
    };
    expect(readHubSettings({})).toEqual(expected);
    expect(readHubSettings({ HF_HOME: '', HF_ENDPOINT: '', HF_TOKEN: '', HF_HUB_OFFLINE: '0' })).toEqual(
      expected,
    );
  });

  test.each([
    [{ HF_HOME: '/h' }, '/h/hub'],
    [{ HF_HOME: '~/h' }, join(homedir(), 'h/hub')],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/h' }, '/old'],
    [{ HF_HUB_CACHE: '/c', HUGGINGFACE_HUB_CACHE: '/old' }, '/c'],
  ])('finds the cache of %j', (env, cacheDirectory) => {
    expect(readHubSettings(env)).toMatchObject({ cacheDirectory });
  });

  test('reads endpoint, token and offline mode', () => {
    const env = { HF_ENDPOINT: 'http://mirror:8080/hf/', HF_TOKEN: ' t\n', HF_HUB_OFFLINE: 'YES' };
    expect(readHubSettings(env)).toMatchObject({
      endpoint: 'http://mirror:8080/hf',
      token: 't',
      isOffline: true,
    });
  });

  test.each(['mirror', 'ftp://mirror', 'file:///etc'])('refuses the endpoint %s', (HF_ENDPOINT) => {
    expect(() => readHubSettings({ HF_ENDPOINT })).toThrow(
      `HF_ENDPOINT is "${HF_ENDPOINT}"; give the URL of a hub`,
    );
  });
});

describe('readToken', () => {
  test('takes the one given, else that of the file', async () => {
    const root = await mkdtemp(join(tmpdir(), 'facet-token-'));
    await writeFile(join(root, 'token'), 'of-the-file\n');
    expect(await readToken(readHubSettings({ HF_HOME: root }))).toBe('of-the-file');
    expect(await readToken(readHubSettings({ HF_HOME: root, HF_TOKEN: 'given' }))).toBe('given');
    expect(await readToken(readHubSettings({ HF_HOME: join(root, 'absent') }))).toBeUndefined();
    await rm(root, { recursive: true });
  });
});
