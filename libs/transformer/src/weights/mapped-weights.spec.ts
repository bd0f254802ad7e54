import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { encodeFloats } from '@facet/tensor';
import { writeModel } from '../testing/small-model.ts';
import { mapWeights } from './mapped-weights.ts';
import { loadModelDirectory } from './model-directory.ts';

let root: string;
let copies: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-map-'));
  copies = join(root, 'copies');
});
afterEach(() => rm(root, { recursive: true }));

const VALUES = Float32Array.from({ length: 32 }, (_, i) => i / 8 - 2);

/** A model whose W_up is stored in half precision and holds known values. */
const halfModel = () =>
  writeModel(root, (tensors) => {
    const data = encodeFloats(VALUES, 'BF16');
    tensors['model.layers.0.mlp.up_proj.weight'] = { dtype: 'BF16', shape: [4, 8], data };
  });

describe('mapWeights', () => {
  test('leaves F32 weights where they lie', async () => {
    const model = await loadModelDirectory(await writeModel(root));
    const mapped = await mapWeights(model, { folder: copies });
    expect(mapped.weights).toBe(model.weights);
    expect(mapped.weightFolder).toBe(model.weightFolder);
    await expect(readdir(copies)).rejects.toThrow(/ENOENT/);
  });

  test('makes one F32 copy of other weights, with the same values', async () => {
    const model = await loadModelDirectory(await halfModel());
    const { weights, copy } = await mapWeights(model, { folder: copies });
    const { weight } = weights.blocks[0]!.mlp.up;
    expect(weight).toMatchObject({
      file: basename(copy!.path),
      dtype: 'F32',
      shape: [4, 8],
      byteLength: 128,
    });
    const bytes = await readFile(copy!.path);
    expect(bytes.byteLength).toBe(copy!.bytes);
    const stored = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + weight.byteOffset, bytes.byteOffset + weight.byteOffset + 128),
    );
    expect(stored).toEqual(VALUES);
    // The embedding and the head are one tensor, and stay one.
    expect(weights.unembedding.weight).toBe(weights.embedding);
    expect((await mapWeights(model, { folder: copies })).weights).toEqual(weights);
  });
});
