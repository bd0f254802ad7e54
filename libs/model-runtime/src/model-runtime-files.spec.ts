import { readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FloatDType } from '@facet/tensor';
import type { ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { writeTinyModel } from './testing/tiny-model.ts';

const TOKENS = Int32Array.of(1, 7, 30, 2);

/** Opens a tiny model and works with it and the path of its weights. */
async function withServed(
  dtype: FloatDType,
  work: (runtime: ModelRuntime, path: string) => Promise<void>,
): Promise<void> {
  const model = await writeTinyModel({ dtype });
  try {
    const runtime = await openModelRuntime(model.directory, { threads: 1 });
    await work(runtime, join(model.directory, 'model.safetensors')).finally(() => runtime.close());
  } finally {
    await model.remove();
  }
}

const forward = (runtime: ModelRuntime, hookPoints: string[] = []) =>
  runtime.forward({ tokens: TOKENS, batch: 1, hookPoints, logits: 'last' });

/** The same file with another last number, and another time of change on any clock. */
async function change(path: string, target = path): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeFloatLE(0.125, bytes.length - 4);
  await writeFile(target, bytes);
  await utimes(target, new Date(), new Date(Date.now() + 60_000));
}

describe('openModelRuntime over a file that changes while it is served', () => {
  test.each<[string, (path: string) => Promise<void>]>([
    ['is written in place', (path) => change(path)],
    [
      'is replaced by another',
      async (path) => {
        await change(path, `${path}.new`);
        await rename(`${path}.new`, path);
      },
    ],
    ['is gone', (path) => rename(path, `${path}.old`)],
  ])('refuses by name where the file %s', async (_, alter) => {
    await withServed('F32', async (runtime, path) => {
      await forward(runtime);
      await alter(path);
      const refusal = {
        ...{ kind: 'precondition', reason: 'WEIGHTS_CHANGED' },
        message: expect.stringMatching(/^model\.safetensors changed since the model was loaded/),
      };
      await expect(forward(runtime)).rejects.toMatchObject(refusal);
      await expect(forward(runtime, ['blocks.0.hook_resid_pre'])).rejects.toMatchObject(refusal);
      await expect(runtime.openGeneration({ batch: 1, maxTokens: 4 })).rejects.toMatchObject(refusal);
    });
  });

  test('goes on where weights were laid out as F32: the stored file is read no more', async () => {
    await withServed('BF16', async (runtime, path) => {
      const before = await forward(runtime);
      await change(path);
      expect((await forward(runtime)).logits).toEqual(before.logits);
    });
  });
});
