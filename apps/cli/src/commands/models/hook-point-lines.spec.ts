import { hookPointLines } from './hook-point-lines.ts';

function hook(name: string, dIn = 32, steerable = true) {
  return { name, layer: 0, dIn, steerable };
}

describe('hookPointLines', () => {
  test('joins layers of one kind and width, in the order of their first', () => {
    const names = ['hook_resid_pre', 'mlp.hook_post'];
    const all = [0, 1, 2].flatMap((layer) => names.map((name) => hook(`blocks.${layer}.${name}`)));
    expect(hookPointLines(all)).toEqual([
      'blocks.{0..2}.hook_resid_pre  width 32',
      'blocks.{0..2}.mlp.hook_post  width 32',
    ]);
  });

  test('keeps apart what differs, names layers that are missing, and leaves other names whole', () => {
    const lines = hookPointLines([
      hook('hook_embed'),
      hook('blocks.0.attn.hook_v', 16),
      hook('blocks.1.attn.hook_v', 32),
      hook('blocks.2.attn.hook_v', 32),
      hook('blocks.5.attn.hook_v', 32),
      hook('blocks.0.attn.hook_pattern', 8, false),
    ]);
    expect(lines).toEqual([
      'hook_embed  width 32',
      'blocks.0.attn.hook_v  width 16',
      'blocks.{1..2,5}.attn.hook_v  width 32',
      'blocks.0.attn.hook_pattern  width 8, read only',
    ]);
  });
});
