import type { ModelSpec } from '../config/model-spec.ts';
import { hookPoints, resolveHookPoint } from './hook-points.ts';

const spec = { n_layers: 12, d_model: 16, d_mlp: 40 } as ModelSpec;

describe('hookPoints', () => {
  test('lists six hook points per block in the order of computation', () => {
    const names = hookPoints(spec).map(({ name }) => name);
    expect(names.length).toBe(72);
    expect(names.slice(6, 12)).toEqual([
      'blocks.1.hook_resid_pre',
      'blocks.1.hook_attn_out',
      'blocks.1.hook_resid_mid',
      'blocks.1.mlp.hook_post',
      'blocks.1.hook_mlp_out',
      'blocks.1.hook_resid_post',
    ]);
  });
});

describe('resolveHookPoint', () => {
  test('finds a hook point with its layer, kind and width', () => {
    const point = { name: 'blocks.11.hook_mlp_out', layer: 11, kind: 'hook_mlp_out', width: 16 };
    expect(resolveHookPoint(spec, 'blocks.11.hook_mlp_out')).toEqual(point);
  });

  test('knows that the neurons of the MLP are d_mlp wide', () => {
    expect(resolveHookPoint(spec, 'blocks.3.mlp.hook_post')).toMatchObject({
      kind: 'mlp.hook_post',
      width: 40,
    });
  });

  test.each([
    ['blocks.3.hook_resid_pots', 'blocks.3.hook_resid_post'],
    ['blocks.4.mlp_hook_post', 'blocks.4.mlp.hook_post'],
    ['block.7.resid_mid', 'blocks.7.hook_resid_mid'],
    ['blocks.12.hook_mlp_out', 'blocks.1.hook_mlp_out'],
    ['', 'blocks.0.hook_mlp_out'],
  ])('names for %p the nearest, %s', (name, nearest) => {
    expect(() => resolveHookPoint(spec, name)).toThrow(
      `the nearest is ${nearest}, and the model has blocks 0 to 11`,
    );
  });

  test('stays quick and short on an absurd name', () => {
    expect(() => resolveHookPoint(spec, 'x'.repeat(1e6))).toThrow(/^.{0,320}$/);
  });
});
