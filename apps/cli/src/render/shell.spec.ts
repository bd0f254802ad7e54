import { join } from 'node:path';
import { shellPath, shellQuote } from './shell.ts';

describe('shellQuote', () => {
  test.each([
    ['saes/x/features/12=clamp_to_max:10', 'saes/x/features/12=clamp_to_max:10'],
    ['Once upon a time', "'Once upon a time'"],
    ["it's $HOME", "'it'\\''s $HOME'"],
    ['', "''"],
  ])('writes %j as %s', (word, quoted) => expect(shellQuote(word)).toBe(quoted));
});

describe('shellPath', () => {
  test('is relative where that is shorter', () => {
    expect(shellPath(join(process.cwd(), 'a b'))).toBe("'a b'");
    expect(shellPath('/x')).toBe('/x');
  });
});
