import { formatSteerMode, parseSteerMode } from './steer-mode.ts';

describe('parseSteerMode', () => {
  test.each([
    ['clamp_to_max:10', { $case: 'clampToMax', value: 10 }],
    ['clamp:2.5', { $case: 'clamp', value: 2.5 }],
    ['clamp_if_active:0', { $case: 'clampIfActive', value: 0 }],
    ['scale:-1', { $case: 'scale', value: -1 }],
    ['add:1e2', { $case: 'add', value: 100 }],
    ['ablate', { $case: 'ablate', value: {} }],
  ])('reads %s and writes it again', (text, mode) => {
    expect(parseSteerMode(text)).toEqual(mode);
    expect(parseSteerMode(formatSteerMode(parseSteerMode(text)))).toEqual(mode);
  });

  test.each(['clamp', 'clamp:', 'clamp:x', 'clamp:NaN', 'clamp:Infinity', 'clamp:1:2'])(
    'asks for a finite number in %j',
    (text) => {
      expect(() => parseSteerMode(text)).toThrow('write clamp: and a finite number');
    },
  );

  test.each(['', 'boost:3', 'ablate:1', 'toString:1', '__proto__:1'])('names the modes for %j', (text) => {
    expect(() => parseSteerMode(text)).toThrow('write one of clamp_to_max:m');
  });
});
