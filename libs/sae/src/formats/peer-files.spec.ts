import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from '../decode.ts';
import { encodeReference } from '../encode-reference.ts';
import { parseNpy } from '../numpy/npy.ts';
import { writtenFiles } from '../testing/memory-files.ts';
import { randomSae } from '../testing/random-sae.ts';
import { detectFormat, readSae, writeSae } from './formats.ts';
import type { SaeFiles } from './sae-format.ts';

/** Debian's Python carries torch and numpy. */
const PYTHON = '/usr/bin/python3';
const FIND_BOTH = 'from importlib.util import find_spec as f; exit(not (f("torch") and f("numpy")))';
const SCRIPT = fileURLToPath(new URL('../testing/peer_files.py', import.meta.url));

const hasTorch = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', FIND_BOTH]).status === 0;
if (!hasTorch)
  console.warn(`SKIPPED: ${PYTHON} has no torch and numpy, so files are not compared with theirs`);
const describeWithTorch = hasTorch ? describe : describe.skip;

/** What is written here, to be read there. */
const OURS = [
  ['topk', 'ae.pt', 'dictionary-learning'],
  ['standard', 'ae.pt', 'dictionary-learning'],
  ['gated', 'ae.pt', 'dictionary-learning'],
  ['jumprelu', 'ae.pt', 'dictionary-learning'],
  ['gated', 'params.npz', 'gemma-scope'],
] as const;

describeWithTorch('files of torch and numpy', () => {
  let folder: string;
  let theirs: Record<string, Record<string, [shape: number[], dtype: string, values: number[]]>>;
  const pathOf = (architecture: string, file: string) => join(folder, `${architecture}-${file}`, file);

  // Two runs of Python, for importing torch takes seconds.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'facet-peer-files-'));
    mkdirSync(join(folder, 'theirs'));
    execFileSync(PYTHON, [SCRIPT, 'write', join(folder, 'theirs')]);
    for (const [architecture, file, format] of OURS) {
      const path = pathOf(architecture, file);
      mkdirSync(dirname(path));
      const written = writtenFiles(writeSae(randomSae(architecture), format).files);
      for (const [name, bytes] of Object.entries(written)) writeFileSync(join(dirname(path), name), bytes);
    }
    const paths = OURS.map(([architecture, file]) => pathOf(architecture, file));
    theirs = JSON.parse(execFileSync(PYTHON, [SCRIPT, 'read', ...paths]).toString());
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['AutoEncoder', 'dictionary-learning', 'standard'],
    ['AutoEncoderNew', 'dictionary-learning', 'standard'],
    ['AutoEncoderTopK', 'dictionary-learning', 'topk'],
    ['BatchTopKSAE', 'dictionary-learning', 'batchtopk'],
    ['MatryoshkaBatchTopKSAE', 'dictionary-learning', 'matryoshka'],
    ['JumpReluAutoEncoder', 'dictionary-learning', 'jumprelu'],
    ['GatedAutoEncoder', 'dictionary-learning', 'gated'],
    ['gemma-scope-2b-pt-res/layer_7/width_16k', 'gemma-scope', 'jumprelu'],
  ] as const)('%s encodes and decodes here as there', async (name, format, architecture) => {
    const files = diskFiles(join(folder, 'theirs', name));
    expect(detectFormat(files)).toBe(format);
    const { sae, model } = await readSae(format, files);
    expect(sae.cfg).toMatchObject({ architecture, d_in: 6, d_sae: 20 });
    expect(sae.cfg.metadata.hook_name).toMatch(/^blocks\.[47]\.hook_resid_post$/);
    const [x, f, x_hat] = ['x', 'f', 'x_hat'].map((array) =>
      parseNpy(readFileSync(join(files.source, `${array}.npy`)), array).f32(),
    );
    const acts = encodeReference(sae, x, 9);
    const dense = new Float32Array(f.length);
    for (let r = 0; r < 9; r++) {
      for (let e = acts.offsets[r]; e < acts.offsets[r + 1]; e++)
        dense[r * 20 + acts.indices[e]] = acts.values[e];
    }
    expect(worst(dense, f)).toBeLessThan(1e-5);
    expect(worst(decode(sae, acts), x_hat)).toBeLessThan(1e-5);
    for (let r = 0; r < 9; r++) {
      const row = model.encode(Float64Array.from(x.subarray(r * 6, (r + 1) * 6))).f;
      expect(worst(row, f.subarray(r * 20, (r + 1) * 20))).toBeLessThan(1e-5);
      expect(worst(model.decode(row), x_hat.subarray(r * 6, (r + 1) * 6))).toBeLessThan(1e-5);
    }
  });

  test.each(OURS)('a %s SAE written as %s is read there', async (architecture, file, format) => {
    const path = pathOf(architecture, file);
    const there = theirs[path];
    const { sae: here } = await readSae(format, diskFiles(path));
    expect(there.b_dec ?? there.bias ?? there.decoder_bias).toEqual([
      [10],
      'float32',
      Array.from(here.b_dec),
    ]);
    const [shape, dtype, values] = there['decoder.weight'] ?? there.W_dec;
    expect([shape, dtype, values.length]).toEqual([there.W_dec ? [37, 10] : [10, 37], 'float32', 370]);
    if (architecture === 'topk') expect(there.k).toEqual([[], 'int32', [5]]);
    if (format === 'gemma-scope') expect(there.W_enc).toEqual([[10, 37], 'float32', Array.from(here.W_enc)]);
  });
});

function diskFiles(path: string): SaeFiles {
  const isFile = /\.(pt|npz)$/.test(path);
  const directory = isFile ? join(path, '..') : path;
  return {
    source: path,
    names: readdirSync(directory),
    weights: isFile ? path.slice(directory.length + 1) : undefined,
    read: async (name) => new Uint8Array(readFileSync(join(directory, name))),
  };
}

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
  return largest;
}
