import { z } from 'zod';
import { formatFeatureName, formatName, newId, parseFeatureName, parseId, parseName } from './names.ts';
import { decodePageToken, encodePageToken, pageSize } from './page-token.ts';

describe('resource names', () => {
  test('are read and written', () => {
    expect(parseName('saes/a.b-c_1', 'saes')).toBe('a.b-c_1');
    expect(formatName('activationSets', 'x')).toBe('activationSets/x');
    expect(parseFeatureName('saes/x/features/70000')).toEqual({ saeId: 'x', index: 70000 });
    expect(formatFeatureName({ saeId: 'x', index: 0 })).toBe('saes/x/features/0');
  });

  test.each([
    'saes/',
    'saes/../x',
    'saes/A',
    'saes/.x',
    `saes/${'a'.repeat(65)}`,
    'models/x',
    'saes/x/y',
    'saes/x\n',
    '',
  ])('refuse %j and name the field', (name) => {
    expect(() => parseName(name, 'saes', 'sae')).toThrow(
      expect.objectContaining({ kind: 'invalid', field: 'sae' }),
    );
  });

  test.each([
    'saes/x/features/-1',
    'saes/x/features/01',
    'saes/x/features/1e3',
    'saes/X/features/1',
    'saes/x',
    'saes/x/features/1/2',
    'saes/x/features/9999999999',
  ])('refuse the feature name %j', (name) =>
    expect(() => parseFeatureName(name)).toThrow(expect.objectContaining({ kind: 'invalid' })),
  );

  test('make ids that are valid and different', () => {
    const ids = Array.from({ length: 1000 }, () => newId('run'));
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(parseId(id)).toMatch(/^run-[0-9a-z]{10}$/);
  });
});

describe('page tokens', () => {
  const key = z.object({ after: z.string() });

  test('give the key back for the same query only', () => {
    const token = encodePageToken({ after: 'x' }, 'order=density');
    expect(decodePageToken(token, key, 'order=density')).toEqual({ after: 'x' });
    expect(() => decodePageToken(token, key, 'order=index')).toThrow(
      expect.objectContaining({ field: 'page_token' }),
    );
    expect(decodePageToken('', key)).toBeUndefined();
  });

  test.each(['garbage', 'W10', encodePageToken({ before: 1 }), 'x'.repeat(5000)])('refuse %.20s', (token) => {
    expect(() => decodePageToken(token, key)).toThrow(
      expect.objectContaining({ kind: 'invalid', reason: 'PAGE_TOKEN_INVALID' }),
    );
  });

  test('bound the page size', () => {
    const bounds = { fallback: 50, max: 1000 };
    expect([0, 7, 5000].map((requested) => pageSize(requested, bounds))).toEqual([50, 7, 1000]);
    expect(() => pageSize(-1, bounds)).toThrow('page_size');
  });
});
