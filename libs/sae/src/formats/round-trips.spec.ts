import type { Architecture, SaeConfig } from '../sae.ts';
import { memoryFiles } from '../testing/memory-files.ts';
import { randomSae } from '../testing/random-sae.ts';
import { requireSameModel } from '../testing/same-model.ts';
import { detectFormat, readSae, writeSae } from './formats.ts';
import type { SaeFormat } from './sae-format.ts';

const metadata = {
  model_name: 'org/model',
  hook_name: 'blocks.3.hook_resid_post',
  context_size: 128,
  inference_threshold: 0.4,
};
const raw: Partial<SaeConfig> = { apply_b_dec_to_input: false };
const rescaled: Partial<SaeConfig> = { rescale_acts_by_decoder_norm: true };

type Trip = [SaeFormat, Architecture, Partial<SaeConfig>, Architecture];
const EXACT: Trip[] = [
  ['saelens', 'standard', {}, 'standard'],
  ['saelens', 'standard', raw, 'standard'],
  ['saelens', 'topk', {}, 'topk'],
  ['saelens', 'topk', rescaled, 'topk'],
  ['saelens', 'jumprelu', raw, 'jumprelu'],
  ['saelens', 'gated', {}, 'gated'],
  ['saelens', 'batchtopk', {}, 'jumprelu'],
  ['saelens', 'batchtopk', rescaled, 'jumprelu'],
  ['saelens', 'matryoshka', {}, 'jumprelu'],
  ['gemma-scope', 'standard', {}, 'jumprelu'],
  ['gemma-scope', 'jumprelu', raw, 'jumprelu'],
  ['gemma-scope', 'jumprelu', {}, 'jumprelu'],
  ['gemma-scope', 'gated', {}, 'jumprelu'],
  ['gemma-scope', 'batchtopk', rescaled, 'jumprelu'],
  ['gemma-scope-2', 'matryoshka', {}, 'jumprelu'],
  ['gemma-scope-2', 'gated', raw, 'jumprelu'],
  ['gemma-scope-2', 'jumprelu', {}, 'jumprelu'],
  ['dictionary-learning', 'standard', {}, 'standard'],
  ['dictionary-learning', 'standard', raw, 'standard'],
  ['dictionary-learning', 'topk', {}, 'topk'],
  ['dictionary-learning', 'topk', raw, 'topk'],
  ['dictionary-learning', 'topk', rescaled, 'topk'],
  ['dictionary-learning', 'gated', {}, 'gated'],
  ['dictionary-learning', 'gated', raw, 'gated'],
  ['dictionary-learning', 'jumprelu', {}, 'jumprelu'],
  ['dictionary-learning', 'batchtopk', {}, 'jumprelu'],
];

describe('writeSae and readSae', () => {
  test.each(EXACT)(
    '%s gives back the features of a %s SAE %j as %s',
    async (format, architecture, overrides, comes) => {
      const sae = randomSae(architecture, { metadata, ...overrides });
      const files = memoryFiles(writeSae(sae, format).files);
      expect(detectFormat(files)).toBe(format);
      const read = await readSae(format, files);
      expect(read.sae.cfg).toMatchObject({ architecture: comes, normalize_activations: 'none' });
      if (format !== 'gemma-scope') expect(read.sae.cfg.metadata).toMatchObject(metadata);
      requireSameModel(read, sae);
    },
  );

  test.each([
    ['gemma-scope', 'topk'],
    ['gemma-scope-2', 'topk'],
    ['sparsify', 'jumprelu'],
  ] as const)('%s refuses a %s SAE', (format, architecture) => {
    expect(() => writeSae(randomSae(architecture), format)).toThrow(
      new RegExp(`${format} cannot hold a ${architecture} SAE.*export it as saelens`),
    );
  });

  test.each(['saelens', 'gemma-scope', 'gemma-scope-2', 'dictionary-learning'] as const)(
    '%s refuses to write what is not finite',
    (format) => {
      const sae = randomSae('jumprelu');
      sae.W_dec[17] = Number.NaN;
      expect(() => writeSae(sae, format)).toThrow(/W_dec.*NaN/);
    },
  );

  test('writes the same bytes twice', () => {
    const write = () => Buffer.concat([...writeSae(randomSae('topk'), 'dictionary-learning').files['ae.pt']]);
    expect(write().equals(write())).toBe(true);
  });

  test('takes an input scale only where it means something', async () => {
    const files = memoryFiles(writeSae(randomSae('jumprelu'), 'gemma-scope').files);
    await expect(readSae('gemma-scope', files, { inputScale: 2 })).rejects.toThrow(
      /read their input unscaled/,
    );
    await expect(readSae('saelens', files, { inputScale: -1 })).rejects.toThrow(/the input scale is -1/);
  });
});

describe('detectFormat', () => {
  const detect = (names: string[], weights?: string) =>
    detectFormat({ source: 'folder', names, weights, read: async () => new Uint8Array() });

  test('tells the format from the files, or from the one file that is named', () => {
    expect(detect(['cfg.json', 'sae.safetensors', 'README.md'])).toBe('sparsify');
    expect(detect(['cfg.json', 'sae_weights.safetensors', 'ae.pt'], 'ae.pt')).toBe('dictionary-learning');
  });

  test('refuses to guess', () => {
    expect(() => detect(['cfg.json', 'sae_weights.safetensors', 'ae.pt'])).toThrow(
      /folder has files of several formats: saelens, dictionary-learning; give the format/,
    );
    expect(() => detect(['model.safetensors'])).toThrow(
      /no file of a known SAE format: sae_weights.safetensors/,
    );
  });
});
