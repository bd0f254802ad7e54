import { modelIdOf } from './model-id.ts';

describe('modelIdOf', () => {
  test.each([
    ['/m/TinyStories 656K', 'tinystories-656k'],
    ['/m/_x', 'x'],
    ['../models/stories260K/', 'stories260k'],
    ['Qwen2.5-0.5B', 'qwen2.5-0.5b'],
    ['qwen2.5-0.5b', 'qwen2.5-0.5b'],
    ['/m/Mödel', 'm-del'],
    [`/m/${'A'.repeat(70)}`, 'a'.repeat(64)],
    ['/h/models--Qwen--Qwen2.5-0.5B', 'qwen2.5-0.5b'],
    ['/h/models--gpt2/snapshots/607a30d7', 'gpt2'],
    ['/h/models--Qwen--Qwen2.5-0.5B/snapshots/060db6499f32faf8b98477b0a26969ef7d8b9987', 'qwen2.5-0.5b'],
  ])('makes an id of %s', (directory, id) => {
    expect(modelIdOf(directory)).toBe(id);
  });

  test('refuses a name of which nothing is left', () => {
    expect(() => modelIdOf('/m/___')).toThrow('"/m/___" gives no model id; name the model as id=directory');
  });
});
