import { createPalette, wantsColor } from './palette.ts';

describe('wantsColor', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j and terminal %s says %s', (env, isTerminal, wanted) => {
    expect(wantsColor(env, isTerminal)).toBe(wanted);
  });
});

describe('createPalette', () => {
  test('writes no escape sequence when disabled', () => {
    const { bold, heat, red } = createPalette(false);
    expect([bold('a'), red('b'), heat('c', 1)]).toEqual(['a', 'b', 'c']);
  });

  test('heats more where the share is larger, and stays in its range', () => {
    const { heat } = createPalette(true);
    const colors = [-1, 0, 0.5, 1, 7].map((share) => heat('x', share));
    expect(colors[0]).toBe(colors[1]);
    expect(colors[3]).toBe(colors[4]);
    expect(new Set(colors).size).toBe(3);
  });
});
