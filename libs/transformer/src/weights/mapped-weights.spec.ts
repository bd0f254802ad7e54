import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    const mapped = await mapWeights(model, copies);
    expect(mapped.weights).toBe(model.weights);
    expect(mapped.weightFolder).toBe(model.weightFolder);
    await expect(readdir(copies)).rejects.toThrow(/ENOENT/);
  });

  test('makes one F32 copy of other weights, with the same values, and finds it again', async () => {
    const model = await loadModelDirectory(await halfModel());
    const first = await mapWeights(model, copies);
    const [file] = await readdir(copies);
    const { weight } = first.weights.blocks[0]!.mlp.up;
    expect(weight).toMatchObject({ file, dtype: 'F32', shape: [4, 8], byteLength: 128 });
    const bytes = await readFile(join(copies, file!));
    const stored = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + weight.byteOffset, bytes.byteOffset + weight.byteOffset + 128),
    );
    expect(stored).toEqual(VALUES);
    // The embedding and the head are one tensor, and stay one.
    expect(first.weights.unembedding.weight).toBe(first.weights.embedding);
    await writeFile(join(copies, file!), bytes.fill(7, weight.byteOffset, weight.byteOffset + 4));
    const second = await mapWeights(model, copies);
    expect(second.weights).toEqual(first.weights);
    expect((await readFile(join(copies, file!)))[weight.byteOffset]).toBe(7);
  });

  test('makes a copy anew that was cut, and leaves nothing aside', async () => {
    const model = await loadModelDirectory(await halfModel());
    await mapWeights(model, copies);
    const [file] = await readdir(copies);
    const whole = await readFile(join(copies, file!));
    await writeFile(join(copies, file!), whole.subarray(0, 100));
    await mapWeights(model, copies);
    expect(await readdir(copies)).toEqual([file]);
    expect((await readFile(join(copies, file!))).equals(whole)).toBe(true);
  });

  test('two at once make one copy', async () => {
    const model = await loadModelDirectory(await halfModel());
    await Promise.all([mapWeights(model, copies), mapWeights(model, copies), mapWeights(model, copies)]);
    expect(await readdir(copies)).toHaveLength(1);
  });

  test('names the folder that cannot be written, and the remedy', async () => {
    const model = await loadModelDirectory(await halfModel());
    await writeFile(join(root, 'file'), '');
    await expect(mapWeights(model, join(root, 'file/copies'))).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringMatching(
        /file\/copies cannot be written \(ENOTDIR\).*FACET_INFERENCE_WEIGHT_COPIES/,
      ),
    });
  });
});
