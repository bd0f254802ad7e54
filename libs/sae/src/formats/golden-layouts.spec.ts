import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serializeSafetensors, type TensorData } from '@facet/tensor';
import { decode } from '../decode.ts';
import { encodeReference } from '../encode-reference.ts';
import { writeNpz } from '../numpy/npz.ts';
import { memoryFiles } from '../testing/memory-files.ts';
import { type TorchTensor, writeTorchFile } from '../torch/torch-write.ts';
import { readSae } from './formats.ts';
import type { SaeFiles, SaeFormat } from './sae-format.ts';

type Nested = number | number[] | number[][];

/** One SAE of a layout and what it must compute, written by testing/golden_layouts.py. */
interface GoldenCase {
  name: string;
  format: SaeFormat;
  configs: Record<string, object>;
  tensors: Record<string, Nested>;
  x: number[][];
  f: number[][];
  x_hat: number[][];
  input_scale?: number;
}

const fileOf = (name: string) => fileURLToPath(new URL(`../testing/${name}`, import.meta.url));
const GOLDEN: GoldenCase[] = JSON.parse(readFileSync(fileOf('golden-layouts.json'), 'utf8'));

describe('golden values of every layout', () => {
  test.each(GOLDEN.map((golden) => [golden.name, golden] as const))('%s', async (_, golden) => {
    const { format, input_scale } = golden;
    const read = await readSae(format, filesOf(golden), { inputScale: input_scale });
    const { sae, model } = read;
    for (const [r, row] of golden.x.entries()) {
      const acts = encodeReference(sae, Float32Array.from(row), 1);
      const f = new Float32Array(sae.cfg.d_sae);
      acts.indices.forEach((index, e) => {
        f[index] = acts.values[e]!;
      });
      expectRow(f, golden.f[r]!);
      expectRow(decode(sae, acts), golden.x_hat[r]!);
      const source = model.encode(Float64Array.from(row)).f;
      expectRow(source, golden.f[r]!);
      expectRow(model.decode(source), golden.x_hat[r]!);
    }
  });

  const hasPython = spawnSync('python3', ['-c', 'print(1)']).status === 0;
  const testWithPython = hasPython ? test : test.skip;
  testWithPython('are what the independent program computes', () => {
    const text = execFileSync('python3', [fileOf('golden_layouts.py')], { maxBuffer: 1 << 24 }).toString();
    expect(JSON.parse(text)).toEqual(GOLDEN);
  });
});

function filesOf({ format, configs, tensors }: GoldenCase): SaeFiles {
  const texts = Object.entries(configs).map(([name, config]) => [
    name,
    [Buffer.from(JSON.stringify(config))],
  ]);
  return memoryFiles({ ...Object.fromEntries(texts), ...weightsOf(format, tensors) });
}

function weightsOf(
  format: SaeFormat,
  tensors: Record<string, Nested>,
): Record<string, readonly Uint8Array[]> {
  const all = Object.entries(tensors).map(([name, value]) => [name, flat(value)] as const);
  if (format === 'gemma-scope') {
    const arrays = all.map(([name, { shape, data }]) => [name, { shape, values: data }]);
    return { 'params.npz': writeNpz(Object.fromEntries(arrays)) };
  }
  if (format === 'dictionary-learning')
    return {
      'ae.pt': writeTorchFile(Object.fromEntries(all.map(([name, tensor]) => [name, torchTensor(tensor)]))),
    };
  const file = { saelens: 'sae_weights', sparsify: 'sae', 'gemma-scope-2': 'params' }[format];
  const stored = all.map(([name, tensor]): [string, TensorData] => [name, { dtype: 'F32', ...tensor }]);
  return { [`${file}.safetensors`]: serializeSafetensors(Object.fromEntries(stored)) };
}

function torchTensor(tensor: { shape: number[]; data: Float32Array }): TorchTensor {
  return { dtype: 'F32', ...tensor };
}

function flat(value: Nested): { shape: number[]; data: Float32Array } {
  if (!Array.isArray(value)) return { shape: [], data: Float32Array.of(value) };
  const rows = value as number[][];
  const shape = Array.isArray(rows[0]) ? [rows.length, rows[0].length] : [rows.length];
  return { shape, data: Float32Array.from(value.flat()) };
}

function expectRow(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)));
    expect(actual[i] === 0).toBe(value === 0);
  });
}
