import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModel } from '../../testing/small-model.ts';
import { loadModelDirectory } from '../model-directory.ts';
import { mapQuantizedWeights, packedBytesOf, quantizedSha256 } from './quantized-weights.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-quantized-'));
  folder = join(root, 'copies');
});
afterEach(() => rm(root, { recursive: true }));

describe('mapQuantizedWeights', () => {
  test('lays matrices out as blocks and all else as F32, once', async () => {
    const model = await loadModelDirectory(await writeModel(root));
    const first = await mapQuantizedWeights(model, { bits: 4, blockSize: 32 }, { folder });
    const data = (await readdir(folder)).filter((name) => name.endsWith('.f32'));
    expect(data).toHaveLength(1);
    const { up } = first.weights.blocks[0]!.mlp;
    const [part] = up.quantized!.context;
    expect(up.quantized).toMatchObject({ height: 4, width: 8, blockSize: 32, cache: [part] });
    expect(part).toMatchObject({ bits: 4, values: { shape: [4, 1, 16] }, zeros: { shape: [4, 1] } });
    const bytes = await readFile(join(folder, data[0]!));
    // Every weight is 0.5: the highest level of its block, in steps of 0.5 / 15 above 0; the rest of a row is 0.
    const { values, scales } = part!;
    expect([...bytes.subarray(values.byteOffset, values.byteOffset + 5)]).toEqual([255, 255, 255, 255, 0]);
    expect(bytes.readFloatLE(scales.byteOffset)).toBe(Math.fround(0.5 / 15));
    const { embedding, unembedding } = first.weights;
    expect(embedding).toMatchObject({ dtype: 'F32', shape: [5, 8], file: data[0] });
    expect(unembedding).toEqual({ weight: embedding, isTransposed: false });
    expect(bytes.readFloatLE(embedding.byteOffset)).toBe(0.5);
    const second = await mapQuantizedWeights(model, { bits: 4, blockSize: 32 }, { folder });
    expect(second.weights).toEqual(first.weights);
    await Promise.all([first.release(), second.release()]);
  });

  test('eight bits have a form of halves for decoding, which is what programs pack', async () => {
    const model = await loadModelDirectory(await writeModel(root));
    const four = await mapQuantizedWeights(model, { bits: 4, blockSize: 32 }, { folder });
    const eight = await mapQuantizedWeights(model, { bits: 8, blockSize: 32 }, { folder });
    const { context, cache } = eight.weights.blocks[0]!.attention.out.quantized!;
    expect(context.map(({ bits }) => bits)).toEqual([8]);
    expect(cache.map(({ bits }) => bits)).toEqual([4, 4]);
    // 48 rows of one block of 16 bytes each.
    expect(packedBytesOf(four.weights)).toBe(48 * 16);
    expect(packedBytesOf(eight.weights)).toBe(2 * 48 * 16);
    expect(packedBytesOf(model.weights)).toBe(0);
    await Promise.all([four.release(), eight.release()]);
  });
});

describe('quantizedSha256', () => {
  test('is another hash for other weights, bits and blocks, and never that of the stored weights', () => {
    const hashes = [
      quantizedSha256('a', { bits: 4, blockSize: 32 }),
      quantizedSha256('b', { bits: 4, blockSize: 32 }),
      quantizedSha256('a', { bits: 8, blockSize: 32 }),
      quantizedSha256('a', { bits: 4, blockSize: 64 }),
    ];
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});
