import { modelIdOf, parseFeature, parseResource } from './names.ts';

describe('parseResource', () => {
  test('takes a name or an id alone', () => {
    expect(parseResource('saes/x', 'saes', '--sae')).toBe('saes/x');
    expect(parseResource('x', 'saes', '--sae')).toBe('saes/x');
  });

  test.each(['models/x', 'X', 'saes/', 'saes/a/b', '../x'])('refuses %j as an SAE', (text) => {
    expect(() => parseResource(text, 'saes', '--sae')).toThrow();
  });
});

describe('parseFeature', () => {
  test('takes an index where the SAE is known', () => {
    expect(parseFeature('12', '--feature', 'saes/x')).toBe('saes/x/features/12');
    expect(parseFeature('saes/y/features/3', '--feature')).toBe('saes/y/features/3');
  });

  test('refuses an index alone', () => {
    expect(() => parseFeature('12', '--feature')).toThrow('saes/{id}/features/{index}');
  });
});

describe('modelIdOf', () => {
  test.each([
    ['../models/stories260K', 'stories260k'],
    ['/m/My Model (v2)/', 'my-model-v2-'],
    ['/m/_x', 'x'],
  ])('makes an id of %s', (directory, id) => {
    expect(modelIdOf(directory)).toBe(id);
  });
});
