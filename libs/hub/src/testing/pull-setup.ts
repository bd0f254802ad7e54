import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateModel } from '../cache/locate-model.ts';
import { type PulledModel, type PullOptions, pullModel } from '../pull/pull-model.ts';
import { requireRepository } from '../repository.ts';
import { readHubSettings } from '../settings.ts';
import { type HubServer, startHubServer } from './hub-server.ts';

/** A hub with the model org/tiny, and a cache of its own. */
export interface PullSetup {
  hub: HubServer;
  root: string;
  cache: string;
  /** Folder of the repository in the cache. */
  folder: string;
  /** Where the weights come to lie. */
  weightBlob: string;
  pull(text?: string, env?: Record<string, string>, options?: Partial<PullOptions>): Promise<PulledModel>;
  /** Ranges of the requests for the bytes of weights, in order. */
  weightRanges(): (string | undefined)[];
  /** Expects the weights whole; Jest would compare a megabyte of numbers for seconds. */
  expectWeights(path?: string): Promise<void>;
  /** Expects nothing in the cache that could be taken for the model. */
  expectNoModel(): Promise<void>;
}

export const CONFIG = JSON.stringify({
  model_type: 'llama',
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 4,
  vocab_size: 5,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
});

export const WEIGHTS = weightsOf(1 << 20);

/** Makes bytes that differ everywhere, so that a piece in the wrong place shows. */
export function weightsOf(size: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: size / 4 }, (_, i) => i * 2654435761).buffer);
}

/** Hashes as the hub names what lies in its store. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Resolves with what a pull was refused with. */
export function refusal(pulling: Promise<unknown>): Promise<{ kind: string; message: string }> {
  return pulling.then(
    () => ({ kind: 'none', message: 'it was pulled' }),
    ({ kind, message }) => ({ kind, message }),
  );
}

/** Gives every test of the file a hub and a cache of its own. */
export function usePullSetup(): PullSetup {
  const setup = {} as PullSetup;
  beforeEach(async () => {
    Object.assign(setup, await openSetup());
  });
  afterEach(async () => {
    await setup.hub.close();
    await rm(setup.root, { recursive: true, force: true });
  });
  return setup;
}

async function openSetup(): Promise<PullSetup> {
  const root = await mkdtemp(join(tmpdir(), 'facet-pull-'));
  const hub = await startHubServer({
    'config.json': CONFIG,
    'tokenizer.json': '{"model":{}}',
    'model.safetensors': WEIGHTS,
    'README.md': '# no part of a model',
    'pytorch_model.bin': 'another form of the weights',
    'onnx/model.safetensors': 'in a folder',
    'generation_config.json': '{}',
    'chat_template.jinja': '{{ messages }}',
  });
  const cache = join(root, 'hub');
  const folder = join(cache, 'models--org--tiny');
  const weightBlob = join(folder, 'blobs', sha256(WEIGHTS));
  return {
    hub,
    root,
    cache,
    folder,
    weightBlob,
    pull(text = 'org/tiny', env = {}, options = {}) {
      const own = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HOME: root };
      const { signal } = new AbortController();
      const settings = readHubSettings({ ...own, ...env });
      return pullModel(requireRepository(text), settings, { signal, idleMs: 20_000, retryMs: 1, ...options });
    },
    weightRanges: () =>
      hub.requests
        .filter(({ origin, method }) => origin === 'store' && method === 'GET')
        .map(({ range }) => range),
    async expectWeights(path = weightBlob) {
      expect(sha256(await readFile(path))).toBe(sha256(WEIGHTS));
    },
    async expectNoModel() {
      await expect(locateModel('org/tiny', cache)).rejects.toThrow('facet models pull org/tiny');
      expect(await readdir(join(folder, 'snapshots')).catch(() => [])).toEqual([]);
    },
  };
}
