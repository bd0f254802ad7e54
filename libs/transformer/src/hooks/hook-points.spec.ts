import type { ModelSpec } from '../config/model-spec.ts';
import { hookPoints, resolveHookPoint } from './hook-points.ts';

const spec = {
  ...{ n_layers: 12, d_model: 16, d_mlp: 40, n_heads: 4, n_kv_heads: 2, d_head: 6 },
  ...{ block: 'pre-norm', residualScale: 1 },
} as ModelSpec;

/** The kinds of block 1 of a model like `spec`. */
const kindsOf = (change: Partial<ModelSpec>) =>
  hookPoints({ ...spec, ...change })
    .filter(({ layer }) => layer === 1)
    .map(({ kind, width }) => `${kind} ${width}`);

describe('hookPoints', () => {
  const heads = ['attn.hook_q 24', 'attn.hook_k 12', 'attn.hook_v 12', 'attn.hook_z 24', 'hook_attn_out 16'];
  const neurons = ['mlp.hook_post 40', 'hook_mlp_out 16'];

  test('lists those of every block in the order of computation, with their widths', () => {
    expect(hookPoints(spec)).toHaveLength(12 * 12);
    expect(kindsOf({})).toEqual([
      ...['hook_resid_pre 16', 'ln1.hook_normalized 16', ...heads, 'hook_resid_mid 16'],
      ...['ln2.hook_normalized 16', ...neurons, 'hook_resid_post 16'],
    ]);
  });

  test.each<[string, Partial<ModelSpec>, string[]]>([
    [
      'what is added after a norm',
      { block: 'post-norm' },
      ['attn_added 16', 'mlp_added 16', 'hook_resid_mid 16'],
    ],
    [
      'what is added after a scale',
      { residualScale: 0.5 },
      ['attn_added 16', 'mlp_added 16', 'hook_resid_mid 16'],
    ],
    ['nothing more where two norms enclose a part', { block: 'sandwich' }, ['hook_resid_mid 16']],
    ['no middle where the parts are parallel', { block: 'parallel' }, []],
  ])('has %s', (_, change, kinds) => {
    const own = kindsOf(change).filter((kind) => /added|mid/.test(kind));
    expect(own.toSorted()).toEqual(kinds.toSorted());
  });

  test('has one norm where attention and MLP share it', () => {
    expect(kindsOf({ block: 'parallel-shared' })).toEqual([
      ...['hook_resid_pre 16', 'ln1.hook_normalized 16', ...heads, ...neurons, 'hook_resid_post 16'],
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
    ['', 'blocks.0.attn.hook_q'],
  ])('names for %p the nearest, %s', (name, nearest) => {
    expect(() => resolveHookPoint(spec, name)).toThrow(
      `the nearest is ${nearest}, and the model has blocks 0 to 11`,
    );
  });

  test('stays quick and short on an absurd name', () => {
    expect(() => resolveHookPoint(spec, 'x'.repeat(1e6))).toThrow(/^.{0,320}$/);
  });
});
