import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, serializeSafetensors } from '@facet/tensor';
import { expectRefusal, type Tensors, writeModel } from '../testing/small-model.ts';
import { loadModelDirectory } from './model-directory.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-model-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** The tensors of a file as they were written. */
async function readTensors(path: string): Promise<Tensors> {
  const file = await openSafetensors(path);
  const tensors: Tensors = {};
  for (const { name, dtype, shape } of file.header.entries.values())
    tensors[name] = { dtype, shape: [...shape], data: await file.readF32(name) };
  await file.close();
  return tensors;
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

describe('loadModelDirectory', () => {
  test('finds every weight in its file and hashes weights and tokenizer', async () => {
    const directory = await writeModel(root);
    const model = await loadModelDirectory(directory);
    const bytes = await readFile(join(directory, 'model.safetensors'));
    expect(model.modelSha256).toBe(sha256(bytes));
    expect(model.tokenizerSha256).toBe(sha256('{"model":{}}'));
    expect(model.weightBytes).toBe(bytes.length);
    const gate = model.weights.blocks[0]!.mlp.gate!.weight;
    expect(gate).toMatchObject({ file: 'model.safetensors', shape: [4, 8], dtype: 'F32', byteLength: 128 });
    expect(bytes.readFloatLE(gate.byteOffset)).toBe(0.5);
  });

  test('takes lm_head.weight for both ends where only that is stored and the two are tied', async () => {
    const directory = await writeModel(root, (tensors) => {
      tensors['lm_head.weight'] = tensors['model.embed_tokens.weight']!;
      delete tensors['model.embed_tokens.weight'];
    });
    const { weights } = await loadModelDirectory(directory);
    expect(weights.embedding.name).toBe('lm_head.weight');
    expect(weights.unembedding.weight).toBe(weights.embedding);
  });

  test('ends a text at the end tokens of generation_config.json too', async () => {
    const directory = await writeModel(root);
    expect((await loadModelDirectory(directory)).spec.eosTokenIds).toEqual([]);
    const path = join(directory, 'generation_config.json');
    await writeFile(path, '{"eos_token_id": [2, 4]}');
    expect((await loadModelDirectory(directory)).spec.eosTokenIds).toEqual([2, 4]);
    await writeFile(path, '{"eos_token_id": "two"}');
    await expectRefusal(
      directory,
      'invalid',
      /generation_config\.json has eos_token_id .*token ids are expected/,
    );
    await writeFile(path, '{"eos_token_id": 5}');
    await expectRefusal(
      directory,
      'invalid',
      /generation_config\.json has eos_token_id 5 beside a vocab_size of 5/,
    );
  });

  test.each(['config.json', 'tokenizer.json', 'model.safetensors'])(
    'names %s when it is missing',
    async (file) => {
      const directory = await writeModel(root);
      await rm(join(directory, file));
      await expectRefusal(
        directory,
        'not-found',
        file === 'model.safetensors' ? /no \*\.safetensors/ : new RegExp(file),
      );
    },
  );

  test('names a directory that does not exist', async () => {
    await expectRefusal(join(root, 'nowhere'), 'not-found', /nowhere/);
  });

  test.each<[string, (tensors: Tensors) => void, string, RegExp]>([
    [
      'a missing tensor',
      (t) => delete t['model.layers.0.mlp.up_proj.weight'],
      'invalid',
      /no tensor model\.layers\.0\.mlp\.up_proj\.weight \[4, 8\]/,
    ],
    [
      'a wrong shape',
      (t) => {
        t['model.norm.weight'] = { dtype: 'F32', shape: [7], data: new Float32Array(7) };
      },
      'invalid',
      /model\.norm\.weight as \[7\]; config\.json expects \[8\]/,
    ],
    [
      'whole-number weights',
      (t) => {
        t['model.norm.weight'] = { dtype: 'I32', shape: [8], data: new Int32Array(8) };
      },
      'unimplemented',
      /model\.norm\.weight as I32/,
    ],
    [
      'NaN',
      (t) => {
        (t['model.layers.0.mlp.down_proj.weight']!.data as Float32Array)[13] = Number.NaN;
      },
      'invalid',
      /NaN or infinity in model\.layers\.0\.mlp\.down_proj\.weight at index 13/,
    ],
    [
      'infinity in half precision',
      (t) => {
        t['model.norm.weight'] = {
          dtype: 'F16',
          shape: [8],
          data: Uint16Array.of(0, 0, 0xfc00, 0, 0, 0, 0, 0),
        };
      },
      'invalid',
      /model\.norm\.weight at index 2/,
    ],
    [
      'a tensor that the model type does not use',
      (t) => {
        t['model.layers.0.self_attn.q_norm.weight'] = { dtype: 'F32', shape: [8], data: new Float32Array(8) };
      },
      'unimplemented',
      /q_norm\.weight/,
    ],
  ])('refuses %s and names the tensor', async (_, change, kind, message) => {
    await expectRefusal(await writeModel(root, change), kind, message);
  });

  test('refuses a header that claims more than the file holds, and one that is too large', async () => {
    const directory = await writeModel(root);
    const path = join(directory, 'model.safetensors');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 4));
    await expectRefusal(directory, 'invalid', /model\.safetensors/);
    bytes.writeBigUInt64LE(1n << 40n);
    await writeFile(path, bytes);
    await expectRefusal(directory, 'invalid', /header of 1099511627776 bytes/);
  });

  test('refuses tensors that overlap', async () => {
    const directory = await writeModel(root);
    const path = join(directory, 'model.safetensors');
    const text = (await readFile(path)).toString('latin1');
    const from = text.match(/"model\.norm\.weight":\{[^}]*"data_offsets":\[(\d+),(\d+)\]/)!;
    const moved = [Number(from[1]) - 4, Number(from[2]) - 4].map((n, i) =>
      String(n).padStart(from[i + 1]!.length),
    );
    const bent = from[0].replace(`[${from[1]},${from[2]}]`, `[${moved.join(',')}]`);
    await writeFile(path, Buffer.from(text.replace(from[0], bent), 'latin1'));
    await expectRefusal(directory, 'invalid', /overlap|unused/);
  });

  test('refuses a weight file that is a link out of the directory', async () => {
    const directory = await writeModel(root);
    await rename(join(directory, 'model.safetensors'), join(root, 'secret.safetensors'));
    await symlink(join(root, 'secret.safetensors'), join(directory, 'model.safetensors'));
    await expectRefusal(
      directory,
      'invalid',
      /link that leaves the model directory, to .*secret\.safetensors; put the file itself there \(cp /,
    );
  });

  test('names a link into nothing, and how to copy a snapshot of the Hugging Face cache', async () => {
    const directory = await writeModel(root);
    await rm(join(directory, 'model.safetensors'));
    await symlink('../../blobs/0123', join(directory, 'model.safetensors'));
    await expectRefusal(
      directory,
      'not-found',
      /is a link to \.\.\/\.\.\/blobs\/0123, which does not exist; .*cp -rL/,
    );
  });

  test('identifies shards alike in a directory, in the Hugging Face cache and in its shared blobs', async () => {
    const directory = await writeModel(root);
    const tensors = await readTensors(join(directory, 'model.safetensors'));
    const names = Object.keys(tensors);
    const weight_map: Record<string, string> = {};
    const shards: string[] = [];
    for (const half of [0, 1]) {
      const shard = `model-0000${half + 1}-of-00002.safetensors`;
      const own = names.filter((_, i) => i % 2 === half);
      for (const name of own) weight_map[name] = shard;
      const part = Object.fromEntries(own.map((name) => [name, tensors[name]!]));
      await writeFile(join(directory, shard), Buffer.concat(serializeSafetensors(part)));
      shards.push(shard);
    }
    await rm(join(directory, 'model.safetensors'));
    await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
    const plain = await loadModelDirectory(directory);
    const repository = join(root, 'models--a--b');
    const snapshot = join(repository, 'snapshots/f00');
    await mkdir(join(repository, 'blobs'), { recursive: true });
    await mkdir(join(root, 'blobs/ab'), { recursive: true });
    await mkdir(join(repository, 'snapshots'));
    await rename(directory, snapshot);
    await rename(join(snapshot, shards[0]!), join(repository, 'blobs/ff'));
    await rename(join(snapshot, shards[1]!), join(root, 'blobs/ab/ab01'));
    await symlink('../../blobs/ab/ab01', join(repository, 'blobs/ee'));
    await symlink('../../blobs/ff', join(snapshot, shards[0]!));
    await symlink('../../blobs/ee', join(snapshot, shards[1]!));
    const cached = await loadModelDirectory(snapshot);
    expect(cached.modelSha256).toBe(plain.modelSha256);
    expect(cached.weightFolder).toBe(await realpath(root));
    expect(cached.weights.finalNorm.weight.file).toMatch(/^(models--a--b\/blobs\/ff|blobs\/ab\/ab01)$/);
  });

  test('follows a link inside the directory and the layout of the Hugging Face cache', async () => {
    const directory = await writeModel(root);
    const [cache, blob] = [join(root, 'models--a--b'), join(root, 'models--a--b/blobs/0123')];
    await mkdir(join(cache, 'snapshots'), { recursive: true });
    await mkdir(join(cache, 'blobs'));
    await rename(join(directory, 'model.safetensors'), blob);
    await rename(directory, join(cache, 'snapshots/f00'));
    await symlink('../../blobs/0123', join(cache, 'snapshots/f00/model.safetensors'));
    const model = await loadModelDirectory(join(cache, 'snapshots/f00'));
    expect(model.weights.finalNorm.weight.file).toBe('0123');
  });

  test.each([
    ['../secret.safetensors', /only \*\.safetensors beside it/],
    ['/etc/passwd', /only \*\.safetensors beside it/],
    ['absent.safetensors', /absent\.safetensors does not exist/],
  ])('refuses an index that names %s', async (file, message) => {
    const directory = await writeModel(root);
    const index = { weight_map: { 'model.norm.weight': file } };
    await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify(index));
    await expectRefusal(directory, message.source.includes('absent') ? 'not-found' : 'invalid', message);
  });

  test('stops when the caller cancels', async () => {
    const directory = await writeModel(root);
    await expect(loadModelDirectory(directory, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
