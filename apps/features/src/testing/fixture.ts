import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { finishActivationSet, writeActivationShard, writeSaeArtifact } from '@facet/artifacts';
import { InferenceServiceDefinition } from '@facet/contracts';
import { createRandom } from '@facet/feature-index/testing';
import { connect, createServiceClient } from '@facet/mesh';
import { type Lineage, type ObjectStore, openObjectStore } from '@facet/objects';
import type { Sae } from '@facet/sae';
import { type ActivatedTexts, createInference } from '../inference.ts';

export const HOOK_POINT = 'blocks.2.hook_resid_post';
export const D_IN = 64;
export const D_SAE = 96;
const K = 6;

/** Texts of the test's corpus. */
export const CORPUS = [
  'Once upon a time, there was a little dog named Max. Max loved to run in the park.',
  'The big dog barked at the cat. The cat ran away and hid under the bed.',
  'She ate a red apple. It was sweet and good. Her mom gave her one more.',
  'The sun was hot. Tom and Lily went to swim in the blue lake.',
  'One day, a bird sang a song in the tree. The boy was happy and said thank you.',
];

/** Stored artifacts that belong together: an activation set of real activations, and an SAE over them. */
export interface Fixture {
  store: ObjectStore;
  objectsUrl: string;
  sae: Sae;
  /** What the model gave for the corpus. */
  corpus: ActivatedTexts;
  lineage: Lineage;
  remove(): Promise<void>;
}

/** Writes `activationSets/corpus` (two shards) and `saes/random` from what a running inference service answers. */
export async function writeFixture(inferenceAddress: string): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'facet-features-'));
  const objectsUrl = pathToFileURL(join(folder, 'objects')).href;
  const store = openObjectStore(objectsUrl);
  const connection = connect(inferenceAddress);
  const client = createServiceClient(InferenceServiceDefinition, connection);
  const { model } = await client
    .getModel({ name: 'models/stories260k' })
    .catch(() => client.listModels({}).then(({ models }) => ({ model: models[0] })));
  const modelId = model!.name.replace('models/', '');
  const inference = createInference(client);
  const corpus = await inference.activate({
    model: modelId,
    hookPoint: HOOK_POINT,
    d_in: D_IN,
    texts: CORPUS,
  });
  connection.close();
  const { modelSha256, tokenizerSha256 } = model!.lineage!;
  const lineage: Lineage = { modelId, modelSha256, tokenizerSha256, hookPoint: HOOK_POINT };
  const sae = randomSae(corpus.activations);
  await writeSet(store, 'corpus', { corpus, lineage });
  await writeSae(store, 'random', { sae, lineage });
  return {
    store,
    objectsUrl,
    sae,
    corpus,
    lineage,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Publishes an SAE under an id, as training and imports do. */
export async function writeSae(
  store: ObjectStore,
  id: string,
  { sae, lineage }: { sae: Sae; lineage: Lineage },
): Promise<void> {
  await writeSaeArtifact(store, id, sae, {
    createTime: new Date().toISOString(),
    lineage: { ...lineage, normalization: 'none' },
    metrics: {},
  });
}

/** Another SAE over the same rows: other directions, the same shape. */
export function anotherSae({ corpus }: Fixture): Sae {
  return randomSae(corpus.activations, 6);
}

/** A topk SAE with random unit directions and encoder rows equal to them. */
function randomSae(activations: Float32Array, seed = 5): Sae {
  const random = createRandom(seed);
  const W_dec = Float32Array.from({ length: D_SAE * D_IN }, () => random() - 0.5);
  const W_enc = new Float32Array(D_IN * D_SAE);
  for (let i = 0; i < D_SAE; i += 1)
    for (let j = 0; j < D_IN; j += 1) W_enc[j * D_SAE + i] = W_dec[i * D_IN + j]!;
  const b_dec = new Float32Array(D_IN);
  for (let at = 0; at < activations.length; at += 1)
    b_dec[at % D_IN] += activations[at]! / (activations.length / D_IN);
  return {
    cfg: {
      architecture: 'topk',
      d_in: D_IN,
      d_sae: D_SAE,
      dtype: 'float32',
      apply_b_dec_to_input: true,
      normalize_activations: 'none',
      k: K,
      metadata: { hook_name: HOOK_POINT },
    },
    W_enc,
    b_enc: new Float32Array(D_SAE),
    W_dec,
    b_dec,
  };
}

/** Rows of every text of the corpus; shard 0 holds the first three texts, shard 1 the others. */
const SHARD_TEXTS = [
  [0, 3],
  [3, 5],
] as const;

/** Writes an activation set of the corpus. */
export async function writeSet(
  store: ObjectStore,
  id: string,
  { corpus, lineage }: Pick<Fixture, 'corpus' | 'lineage'>,
): Promise<void> {
  const starts = startsOf(corpus.lengths);
  const documents = Int32Array.from(corpus.tokenIds, (_, row) =>
    starts.findLastIndex((start) => start <= row),
  );
  const positions = Int32Array.from(documents, (document, row) => row - starts[document]!);
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const shards: { file: string; rows: number }[] = [];
  for (const [partition, [from, to]] of SHARD_TEXTS.entries()) {
    const [start, end] = [starts[from]!, starts[to]!];
    const rows = {
      dtype: 'F32' as const,
      dIn: D_IN,
      activations: new Uint8Array(corpus.activations.slice(start * D_IN, end * D_IN).buffer),
      tokenIds: corpus.tokenIds.slice(start, end),
      documents: documents.slice(start, end),
      positions: positions.slice(start, end),
      special: corpus.special.slice(start, end),
    };
    const { file, bytes, sha256 } = await writeActivationShard(store, id, { partition, rows });
    files[file] = { bytes, sha256 };
    shards.push({ file, rows: end - start });
  }
  const body = {
    hookPoint: HOOK_POINT,
    dIn: D_IN,
    dtype: 'F32' as const,
    contextTokens: Math.max(...corpus.lengths),
    rows: corpus.tokenIds.length,
    documents: CORPUS.length,
    bosTokenId: 1,
    specialRows: corpus.special.reduce((sum, value) => sum + value, 0),
    shards,
    corpus: { uri: 'memory:test', format: 'TEXT' as const },
  };
  await finishActivationSet(store, id, { createTime: '2026-01-01T00:00:00Z', lineage, body, files });
}

/** The first row of every text, and the end of the last. */
export function startsOf(lengths: readonly number[]): number[] {
  const starts = [0];
  for (const length of lengths) starts.push(starts.at(-1)! + length);
  return starts;
}
