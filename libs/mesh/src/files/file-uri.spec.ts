import { parseFileUri } from './file-uri.ts';

const options = { field: 'spec.corpus.uri', reason: 'CORPUS_URI_INVALID' };

describe('parseFileUri', () => {
  test.each([
    ['/a/b c.txt', '/a/b c.txt'],
    ['file:///a/b%20c.txt', '/a/b c.txt'],
    ['file://localhost/a', '/a'],
    ['/a/%20', '/a/%20'],
  ])('reads %s', (uri, path) => {
    expect(parseFileUri(uri, options)).toBe(path);
  });

  test.each([
    ['empty', ''],
    ['relative', 'a.txt'],
    ['relative by a dot', './a'],
    ['a URL of another scheme', 'https://host/a'],
    ['of another host', 'file://host/a'],
    ['of another host without a path', 'file://host'],
    ['an encoded slash', 'file:///a%2Fb'],
    ['a broken escape', 'file:///%zz'],
    ['a broken host', 'file://[/a'],
    ['a NUL', '/a\0b'],
    ['an encoded NUL', 'file:///a%00b'],
    ['longer than a path can be', `/${'a'.repeat(5000)}`],
    ['a path of a Windows drive', 'C:\\a'],
  ])('refuses one that is %s', (_, uri) => {
    expect(() => parseFileUri(uri, options)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        ...options,
        message: expect.stringMatching(/^".*names no file/),
      }),
    );
  });
});
