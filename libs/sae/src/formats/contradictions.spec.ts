import { memoryFiles, writtenFiles } from '../testing/memory-files.ts';
import { randomSae } from '../testing/random-sae.ts';
import { readSae, writeSae } from './formats.ts';
import type { SaeFormat } from './sae-format.ts';

/** A configuration to bend. */
interface Config {
  trainer: Record<string, unknown>;
  facet_metadata: Record<string, unknown>;
  [key: string]: unknown;
}

/** The files of a written SAE whose JSON configuration `change` has had its way with. */
function bent(
  format: SaeFormat,
  architecture: 'topk' | 'jumprelu' | 'gated',
  change: (config: Config) => void,
) {
  const metadata = { model_name: 'org/m', hook_name: 'blocks.3.hook_resid_post', context_size: 64 };
  const files = writtenFiles(writeSae(randomSae(architecture, { metadata }), format).files);
  const config = JSON.parse(Buffer.from(files['config.json']!).toString());
  change(config);
  const all = { ...files, 'config.json': Buffer.from(JSON.stringify(config)) };
  return Object.fromEntries(Object.entries(all).map(([name, bytes]) => [name, [bytes]]));
}

describe('dictionary_learning configurations', () => {
  const read = (change: (config: Config) => void, architecture: 'topk' | 'jumprelu' | 'gated' = 'topk') =>
    readSae('dictionary-learning', memoryFiles(bent('dictionary-learning', architecture, change)));

  test('are read as they were written', async () => {
    const { sae } = await read(() => undefined);
    expect(sae.cfg.metadata.hook_name).toBe('blocks.3.hook_resid_post');
  });

  test.each<[string, (config: Config) => void, RegExp]>([
    [
      'submodule_name against layer',
      (c) => {
        c.trainer.layer = 4;
      },
      /layer of submodule_name "resid_post_layer_3" is 3, but layer is 4/,
    ],
    [
      'submodule_name against layer, as text',
      (c) => {
        c.trainer.layer = '12';
      },
      /is 3, but layer is 12/,
    ],
    [
      'a submodule of another name against layer',
      (c) => {
        c.trainer.submodule_name = 'gate_proj_layer_7';
      },
      /"gate_proj_layer_7" is 7, but layer is 3/,
    ],
    ...[
      'model.layers.4.mlp',
      'gpt_neox.layers.4',
      'transformer.h.4.attn',
      'layer_4',
      'blocks.4.hook_mlp_out',
    ].map((name): [string, (config: Config) => void, RegExp] => [
      `submodule_name ${name} against layer`,
      (c) => {
        Object.assign(c, { facet_metadata: {} });
        c.trainer.submodule_name = name;
      },
      new RegExp(`layer of submodule_name "${name}" is 4, but layer is 3`),
    ]),
    [
      'layer against kept metadata',
      (c) => {
        delete c.trainer.submodule_name;
        c.trainer.layer = 4;
      },
      /layer is 4, but the layer of facet_metadata\.hook_name blocks\.3\.hook_resid_post is 3/,
    ],
    [
      'dict_class against trainer_class',
      (c) => {
        c.trainer.trainer_class = 'BatchTopKTrainer';
      },
      /dict_class is "AutoEncoderTopK", but trainer_class is "BatchTopKTrainer", which makes BatchTopKSAE/,
    ],
    [
      'dict_class against the tensors',
      (c) => {
        Object.assign(c.trainer, { dict_class: 'AutoEncoder', trainer_class: 'StandardTrainer', k: null });
      },
      /a dictionary of class AutoEncoder has no tensor "b_dec"/,
    ],
    [
      'k against the tensors',
      (c) => {
        c.trainer.k = 9;
      },
      /config\.json has k 9, but the tensors have 5/,
    ],
    [
      'dict_size against the tensors',
      (c) => {
        c.trainer.dict_size = 64;
      },
      /dict_size 64, but the tensors have 37/,
    ],
    [
      'submodule_name against kept metadata',
      (c) => {
        c.facet_metadata.hook_name = 'blocks.2.hook_mlp_out';
      },
      /"blocks\.3\.hook_resid_post", but facet_metadata\.hook_name is "blocks\.2\.hook_mlp_out"/,
    ],
    [
      'lm_name against kept metadata',
      (c) => {
        c.trainer.lm_name = 'other';
      },
      /lm_name is "other", but facet_metadata\.model_name is "org\/m"/,
    ],
  ])('refuse %s', async (_, change, message) => {
    await expect(read(change)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });

  test.each(['jumprelu', 'gated'] as const)('refuse k of a %s dictionary', async (architecture) => {
    const change = (c: Config) => {
      c.trainer.k = 32;
    };
    await expect(read(change, architecture)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(
        /k is 32, but dict_class is "(JumpRelu|Gated)AutoEncoder", which selects no k/,
      ),
    });
  });

  test('name no hook point for what goes into a submodule, and refuse transcoders', async () => {
    const reads = (io: string) => (c: Config) => {
      c.facet_metadata = {};
      c.buffer = { io };
    };
    expect((await read(reads('out'))).sae.cfg.metadata.hook_name).toBe('blocks.3.hook_resid_post');
    expect((await read(reads('in'))).sae.cfg.metadata.hook_name).toBeUndefined();
    await expect(read(reads('in_and_out'))).rejects.toMatchObject({
      kind: 'unimplemented',
      message: expect.stringMatching(/buffer\.io "in_and_out" is not supported/),
    });
  });

  test('find the layer in submodule_name where no other is stated', async () => {
    const { sae } = await read((c) => {
      delete c.trainer.layer;
      c.facet_metadata = {};
    });
    expect(sae.cfg.metadata.hook_name).toBe('blocks.3.hook_resid_post');
  });
});

describe('Gemma Scope 2 configurations', () => {
  const read = (change: (config: Config) => void, source?: string) =>
    readSae('gemma-scope-2', memoryFiles(bent('gemma-scope-2', 'jumprelu', change), source));

  test.each<[string, (config: Config) => void, RegExp]>([
    [
      'the hook point against kept metadata',
      (c) => {
        c.facet_metadata.hook_name = 'blocks.4.hook_resid_post';
      },
      /hf_hook_point_in is "blocks\.3\.hook_resid_post", but facet_metadata\.hook_name is "blocks\.4/,
    ],
    [
      'the width against the tensors',
      (c) => {
        c.width = 16;
      },
      /width 16, but w_enc has 37 features/,
    ],
    [
      'an option that is unknown',
      (c) => {
        c.input_norm = 'rms';
      },
      /config\.json: input_norm "rms" is not supported; it is unknown here/,
    ],
  ])('refuse %s', async (_, change, message) => {
    await expect(read(change)).rejects.toThrow(message);
  });

  test.each([
    ['resid_post', 'hook_resid_post'],
    ['attn_out_all', 'attn.hook_z'],
    ['mlp_out', 'hook_mlp_out'],
  ])('leave the hook point to a folder %s', async (folder, kind) => {
    const forget = (c: Config) => {
      for (const key of ['hf_hook_point_in', 'hf_hook_point_out', 'facet_metadata']) delete c[key];
    };
    const source = `gemma-scope-2-1b-pt/${folder}/layer_9_width_16k_l0_medium`;
    const { sae, conversions } = await read(forget, source);
    expect(sae.cfg.metadata.hook_name).toBe(`blocks.9.${kind}`);
    expect(conversions.join()).toContain(`hook_name blocks.9.${kind} is model.layers.9.`);
    expect((await read(forget)).sae.cfg.metadata.hook_name).toBeUndefined();
  });

  test('read the heads before W_O where they name the input of o_proj', async () => {
    const { sae } = await read((c) => {
      c.facet_metadata = {};
      c.hf_hook_point_in = c.hf_hook_point_out = 'model.layers.3.self_attn.o_proj.input';
    });
    expect(sae.cfg.metadata.hook_name).toBe('blocks.3.attn.hook_z');
  });

  test('refuse a layer that is another in the path', async () => {
    const source = 'gemma-scope-2-1b-pt/resid_post/layer_9_width_16k_l0_medium';
    await expect(read(() => undefined, source)).rejects.toThrow(
      /layer of hf_hook_point_in model\.layers\.3\.output is 3, but the layer in its path is 9/,
    );
    const own = source.replace('layer_9', 'layer_3');
    expect((await read(() => undefined, own)).sae.cfg.metadata.hook_name).toBe('blocks.3.hook_resid_post');
  });
});
