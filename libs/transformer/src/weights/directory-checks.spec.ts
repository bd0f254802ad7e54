import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serializeSafetensors } from '@facet/tensor';
import { CONFIG, expectRefusal, type Tensors, writeModel } from '../testing/small-model.ts';
import { loadModelDirectory } from './model-directory.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-model-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('loadModelDirectory of files that contradict each other', () => {
  const config = (change: object) => JSON.stringify({ ...CONFIG, ...change });
  const numbers = (first: number, size = 40) => {
    const data = new Float32Array(size).fill(0.5);
    data[13] = first;
    return data;
  };

  test('takes a stored head that equals the tied embedding, in whatever dtype', async () => {
    const same = await writeModel(root, (tensors) => {
      const codes = new Uint16Array(40).fill(0x3800);
      tensors['lm_head.weight'] = { dtype: 'F16', shape: [5, 8], data: codes };
    });
    const { weights } = await loadModelDirectory(same);
    expect(weights.unembedding.weight.name).toBe('model.embed_tokens.weight');
  });

  test('refuses a stored head that differs from the tied embedding, and takes it when it is not tied', async () => {
    const directory = await writeModel(root, (tensors) => {
      tensors['lm_head.weight'] = { dtype: 'F32', shape: [5, 8], data: numbers(0.75) };
    });
    await expectRefusal(
      directory,
      'invalid',
      /tie_word_embeddings true.*lm_head\.weight.*0\.5 against 0\.75 at index 13; write tie_word_embeddings false/,
    );
    await writeFile(join(directory, 'config.json'), config({ tie_word_embeddings: false }));
    expect((await loadModelDirectory(directory)).weights.unembedding.weight.name).toBe('lm_head.weight');
  });

  test('refuses a stored head of another shape than the tied embedding', async () => {
    const directory = await writeModel(root, (tensors) => {
      tensors['lm_head.weight'] = { dtype: 'F32', shape: [4, 8], data: new Float32Array(32) };
    });
    await expectRefusal(directory, 'invalid', /they differ: \[5, 8\] against \[4, 8\]/);
  });

  test.each(['lm_head.bias', 'model.norm.bias', 'v_head.weight', 'base_model.model.lora_A.weight'])(
    'refuses the unknown tensor %s',
    async (name) => {
      const directory = await writeModel(root, (tensors) => {
        tensors[name] = { dtype: 'F32', shape: [5], data: new Float32Array(5) };
      });
      await expectRefusal(directory, 'unimplemented', new RegExp(name.replaceAll('.', '\\.')));
    },
  );

  test.each([
    ['adapter_config.json', '{"peft_type":"LORA","base_model_name_or_path":"a/b"}', /type "LORA" for "a\/b"/],
    ['adapter_model.safetensors', '', /adapter_model\.safetensors.*merge_and_unload/],
    ['adapter_config.json', '{', /adapter_config\.json that cannot be read/],
    ['adapters.safetensors', '', /adapters\.safetensors.*merge_and_unload/],
    ['adapters.npz', '', /adapters\.npz/],
    ['adapter_model-00001-of-00002.safetensors', '', /adapter_model-00001/],
    ['adapter_model.pt', '', /adapter_model\.pt/],
    ['pytorch_lora_weights.safetensors', '', /pytorch_lora_weights/],
    ['my-LoRA.safetensors', '', /my-LoRA/],
    ['ggml-adapter-model.gguf', '', /ggml-adapter-model/],
  ])('refuses the adapter %s beside the weights', async (file, text, message) => {
    const directory = await writeModel(root);
    await writeFile(join(directory, file), text);
    await expectRefusal(directory, 'unimplemented', message);
  });

  describe('with an index', () => {
    /** Moves the weights into two files and writes their index; `change` may bend it. */
    async function shard(
      directory: string,
      change: (index: Record<string, string>) => void = () => undefined,
    ) {
      const single = await readFile(join(directory, 'model.safetensors'));
      const header = JSON.parse(single.subarray(8, 8 + Number(single.readBigUInt64LE())).toString());
      const names = Object.keys(header).filter((name) => name !== '__metadata__');
      const index: Record<string, string> = {};
      for (const [file, part] of [
        ['a.safetensors', names.slice(0, 3)],
        ['b.safetensors', names.slice(3)],
      ] as const) {
        const tensors: Tensors = {};
        for (const name of part) {
          const size = header[name].shape.reduce((product: number, extent: number) => product * extent, 1);
          tensors[name] = { dtype: 'F32', shape: header[name].shape, data: new Float32Array(size).fill(0.5) };
          index[name] = file;
        }
        await writeFile(join(directory, file), Buffer.concat(serializeSafetensors(tensors)));
      }
      change(index);
      await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify({ weight_map: index }));
    }

    test('refuses an adapter that the index does not name', async () => {
      const directory = await writeModel(root);
      await shard(directory);
      await writeFile(join(directory, 'lora.safetensors'), '');
      await expectRefusal(directory, 'unimplemented', /lora\.safetensors.*merge_and_unload/);
    });

    test('takes the shards, alone or beside the same weights in one file', async () => {
      const directory = await writeModel(root);
      await shard(directory);
      const both = await loadModelDirectory(directory);
      await rm(join(directory, 'model.safetensors'));
      expect((await loadModelDirectory(directory)).modelSha256).toBe(both.modelSha256);
    });

    test('refuses a second set of weights that differs or holds other tensors', async () => {
      const directory = await writeModel(root, (tensors) => {
        tensors['model.embed_tokens.weight'] = { dtype: 'F32', shape: [5, 8], data: numbers(2) };
      });
      await shard(directory);
      await expectRefusal(
        directory,
        'invalid',
        /two sets of weights.*embed_tokens\.weight differs: 2 against 0\.5 at index 13; delete one/,
      );
      await writeFile(
        join(directory, 'model.safetensors'),
        Buffer.concat(
          serializeSafetensors({ 'x.weight': { dtype: 'F32', shape: [1], data: numbers(1, 1) } }),
        ),
      );
      await expectRefusal(directory, 'invalid', /two sets of weights.*is only in the latter/);
    });

    test.each<[string, (index: Record<string, string>) => void, RegExp]>([
      [
        'puts a tensor into the wrong file',
        (index) => {
          index['model.norm.weight'] =
            index['model.norm.weight'] === 'a.safetensors' ? 'b.safetensors' : 'a.safetensors';
        },
        /puts model\.norm\.weight into [ab]\.safetensors, but it lies in [ab]\.safetensors/,
      ],
      [
        'names a tensor that no file holds',
        (index) => {
          index['model.ghost.weight'] = 'a.safetensors';
        },
        /model\.ghost\.weight into a\.safetensors, but it lies in none of its files/,
      ],
    ])('refuses an index that %s', async (_, change, message) => {
      const directory = await writeModel(root);
      await shard(directory, change);
      await rm(join(directory, 'model.safetensors'));
      await expectRefusal(directory, 'invalid', message);
    });
  });

  test('leaves alone what only sounds like an adapter', async () => {
    const directory = await writeModel(root);
    for (const name of ['adapters.md', 'exploration.bin', 'adaptermodel.json', 'lora.txt'])
      await writeFile(join(directory, name), '');
    expect((await loadModelDirectory(directory)).warnings).toEqual([]);
  });

  test("leaves Mistral's own layout of the same weights alone", async () => {
    const directory = await writeModel(root);
    const tensors = {
      'layers.0.attention.wq.weight': { dtype: 'F32', shape: [1], data: numbers(1, 1) },
    } as Tensors;
    await writeFile(
      join(directory, 'consolidated.safetensors'),
      Buffer.concat(serializeSafetensors(tensors)),
    );
    expect((await loadModelDirectory(directory)).weights.finalNorm.weight.file).toBe('model.safetensors');
  });

  test('warns of keys that it does not know', async () => {
    const directory = await writeModel(root);
    expect((await loadModelDirectory(directory)).warnings).toEqual([]);
    await writeFile(join(directory, 'config.json'), config({ kitchen: 'sink' }));
    expect((await loadModelDirectory(directory)).warnings).toEqual([
      expect.stringMatching(/ignored: kitchen/),
    ]);
  });
});
