import { parseFeature, parseResource } from './names.ts';

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

describe('parseResource of a model', () => {
  test.each([
    ['stories260k', 'models/stories260k'],
    ['models/stories260k', 'models/stories260k'],
    ['Qwen2.5-0.5B', 'models/qwen2.5-0.5b'],
    ['models/Qwen2.5-0.5B', 'models/qwen2.5-0.5b'],
    ['../models/stories260K/', 'models/stories260k'],
    ['Qwen/Qwen2.5-0.5B', 'models/qwen2.5-0.5b'],
    ['Qwen/Qwen2.5-0.5B@refs/pr/1', 'models/qwen2.5-0.5b'],
    ['/m/My Model (v2)/', 'models/my-model-v2-'],
    ['/h/models--Qwen--Qwen2.5-0.5B/snapshots/0123abc', 'models/qwen2.5-0.5b'],
  ])('takes %s', (text, name) => {
    expect(parseResource(text, 'models', '--model')).toBe(name);
  });

  test.each(['saes/x', 'activationSets/x', '___', ''])('refuses %j', (text) => {
    expect(() => parseResource(text, 'models', '--model')).toThrow();
  });
});
