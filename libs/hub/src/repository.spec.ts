import { describeRepository, parseRepository, repositoryOfPath, requireRepository } from './repository.ts';

describe('parseRepository', () => {
  test.each([
    ['Qwen/Qwen2.5-0.5B', 'Qwen/Qwen2.5-0.5B', 'main'],
    ['gpt2', 'gpt2', 'main'],
    ['org/name@refs/pr/1', 'org/name', 'refs/pr/1'],
    ['org/name@v1.0', 'org/name', 'v1.0'],
  ])('reads %s', (text, name, revision) => {
    expect(parseRepository(text)).toEqual({ name, revision });
    expect(requireRepository(text)).toEqual({ name, revision });
    expect(describeRepository({ name, revision })).toBe(text);
  });

  test.each([
    '',
    '/org/name',
    'org/name/more',
    '../name',
    'org/..',
    'org--x/name',
    'org/name@',
    'org/name@../../x',
    'org/name@a//b',
    'org/name@/etc',
    'org/name@a@b',
    'org/name?x',
    'org/na me',
    'https://huggingface.co/org/name',
    'models/org/name',
    `org/${'n'.repeat(97)}`,
  ])('refuses %j', (text) => {
    expect(parseRepository(text)).toBeUndefined();
    expect(() => requireRepository(text)).toThrow('write organisation/name or organisation/name@revision');
  });
});

describe('repositoryOfPath', () => {
  test.each([
    ['/h/models--org--na-me', 'org/na-me'],
    ['/h/models--org--name/snapshots/abc', 'org/name'],
    ['/h/models--gpt2', 'gpt2'],
    ['/h/datasets--org--name', undefined],
    ['/h/org/snapshots/abc', undefined],
  ])('reads %s', (path, name) => {
    expect(repositoryOfPath(path)).toBe(name);
  });
});
