import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseSafetensors, serializeSafetensors, type TensorData } from '@facet/tensor';

const REPOSITORY = new URL('../../..', import.meta.url).pathname;
const FAMILIES = new URL('../../../../shared/data/families', import.meta.url).pathname;

interface Checked {
  case: string;
  ok: boolean;
  refused?: string;
}

/** Runs `npm run check:golden` over directories; gives what it says of every text. */
async function check(directories: readonly string[]): Promise<Checked[]> {
  const args = ['--import', 'tsx', '--conditions=facet-source', 'tools/check-golden/main.mjs', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...directories], {
    cwd: REPOSITORY,
  }).catch((error: { stdout?: string; stderr?: string }) => {
    if (error.stdout) return { stdout: error.stdout };
    throw new Error(error.stderr);
  });
  return JSON.parse(stdout);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-golden-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Tensors = Record<string, TensorData>;

/** Copies a golden model under another name, with another config and other tensors. */
async function rewrite(
  from: string,
  to: string,
  change: { config: (config: Record<string, unknown>) => unknown; tensors: (tensors: Tensors) => Tensors },
): Promise<string> {
  const directory = join(folder, to);
  await cp(join(FAMILIES, from), directory, { recursive: true });
  const path = join(directory, 'config.json');
  await writeFile(path, JSON.stringify(change.config(JSON.parse(await readFile(path, 'utf8')))));
  const weights = join(directory, 'model.safetensors');
  const view = parseSafetensors(new Uint8Array(await readFile(weights)), weights);
  const tensors = Object.fromEntries(
    [...view.header.entries.values()].map(({ name, dtype, shape }): [string, TensorData] => [
      name,
      { dtype, shape, data: view.raw(name) },
    ]),
  );
  await writeFile(weights, Buffer.concat(serializeSafetensors(change.tensors(tensors))));
  return directory;
}

describe('the golden models of every family', () => {
  test('are as the float64 reference has them', async () => {
    const results = await check(['--all']);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(41);
    expect(results.filter(({ refused }) => refused)).toEqual([]);
  }, 600_000);

  test.each(['language_model.model.', 'model.language_model.'])(
    'are the same where the text part is nested, with tensors called %s*',
    async (prefix) => {
      const nested = await rewrite('gemma3', `nested-${prefix}`, {
        config: ({ architectures: _, eos_token_id, bos_token_id, ...text_config }) => ({
          ...{ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], text_config },
          ...{ eos_token_id, bos_token_id, vision_config: { hidden_size: 8 }, mm_tokens_per_image: 4 },
        }),
        tensors: (tensors) => ({
          ...Object.fromEntries(
            Object.entries(tensors).map(([name, data]) => [name.replace(/^model\./, prefix), data]),
          ),
          'vision_tower.vision_model.embeddings.position_embedding.weight': {
            dtype: 'F32',
            shape: [1],
            data: Float32Array.of(1),
          },
        }),
      });
      expect(await check([nested])).toEqual([
        expect.objectContaining({ ok: true }),
        expect.objectContaining({ ok: true }),
      ]);
    },
    600_000,
  );

  test('are the same where GPT-2 is stored without a prefix, with its masks', async () => {
    const bare = await rewrite('gpt2', 'gpt2-bare', {
      config: (config) => config,
      tensors: (tensors) => ({
        ...Object.fromEntries(
          Object.entries(tensors).map(([name, data]) => [name.replace(/^transformer\./, ''), data]),
        ),
        'h.0.attn.bias': { dtype: 'F32', shape: [1, 1, 1, 1], data: Float32Array.of(1) },
      }),
    });
    expect((await check([bare])).every(({ ok }) => ok)).toBe(true);
  }, 600_000);
});
