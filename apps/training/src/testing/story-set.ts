import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { finishActivationSet, writeActivationShard } from '@facet/artifacts';
import { InferenceServiceDefinition } from '@facet/contracts';
import { answerTensors, connect, createServiceClient, idTensor, type ServiceClient } from '@facet/mesh';
import type { Lineage, ObjectStore } from '@facet/objects';

/** The directory of a small pretrained model, beside the repository. */
export const STORIES = fileURLToPath(
  new URL('../../../../../shared/data/models/stories260K', import.meta.url),
);
export const STORY_HOOK = 'blocks.2.hook_resid_post';
export const STORY_D_IN = 64;

/** Tells whether the model is there; tests that need it are skipped, loudly, where it is not. */
export function hasStories(): boolean {
  const found = existsSync(STORIES);
  if (!found) console.warn(`SKIPPED: no pretrained model at ${STORIES}`);
  return found;
}

const TEXTS = [
  'Once upon a time, there was a little dog named Max. Max loved to run in the park with his friends.',
  'The big dog barked at the cat. The cat ran away and hid under the bed until the dog was gone.',
  'She ate a red apple. It was sweet and good. Her mom gave her one more, and they were both happy.',
  'The sun was hot. Tom and Lily went to swim in the blue lake, and then they sat on the green grass.',
  'One day, a bird sang a song in the tree. The boy was happy and said thank you to the little bird.',
];

/** Contexts that a model ran, with its vectors at the hook point. */
export interface StorySet {
  client: ServiceClient<typeof InferenceServiceDefinition>;
  lineage: Lineage;
  /** Token ids of every context; each is one document behind BOS. */
  contexts: number[][];
  /** [rows, d_in] of all contexts. */
  activations: Float32Array;
  close(): void;
}

/** Captures the stories from a running inference service and stores them as `activationSets/{id}` in two shards. */
export async function writeStorySet(store: ObjectStore, id: string, address: string): Promise<StorySet> {
  const connection = connect(address);
  const client = createServiceClient(InferenceServiceDefinition, connection);
  const { tokens } = await client.tokenizeText({ model: 'models/m', texts: TEXTS });
  const ids = answerTensors.ids(tokens!.tokenIds, ['n'], 'token_ids');
  const { lengths } = tokens!;
  const activations = new Float32Array(ids.length * STORY_D_IN);
  let lineage: Lineage | undefined;
  const input = { $case: 'tokens', value: { tokenIds: idTensor(ids), lengths } } as const;
  for await (const { event } of client.computeActivations({
    model: 'models/m',
    hookPoints: [STORY_HOOK],
    input,
  })) {
    if (event?.$case === 'header') {
      const { modelId, modelSha256, tokenizerSha256 } = event.value.lineage!;
      lineage = { modelId, modelSha256, tokenizerSha256, hookPoint: STORY_HOOK };
    }
    if (event?.$case !== 'block') continue;
    const rows = answerTensors.floats(event.value.activations, ['n', STORY_D_IN], 'activations');
    activations.set(rows, event.value.firstRow * STORY_D_IN);
  }
  const contexts = cut(ids, lengths);
  await writeShards(store, { id, contexts, activations, lineage: lineage! });
  return { client, lineage: lineage!, contexts, activations, close: () => connection.close() };
}

function cut(ids: Int32Array, lengths: readonly number[]): number[][] {
  let start = 0;
  return lengths.map((length) => {
    const context = [...ids.subarray(start, start + length)];
    start += length;
    return context;
  });
}

interface StoredStories {
  id: string;
  contexts: readonly number[][];
  activations: Float32Array;
  lineage: Lineage;
}

/** Contexts of the first shard; the others go into the second. */
const FIRST_SHARD = 3;

async function writeShards(
  store: ObjectStore,
  { id, contexts, activations, lineage }: StoredStories,
): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const shards: { file: string; rows: number }[] = [];
  let first = 0;
  for (const [from, to] of [
    [0, FIRST_SHARD],
    [FIRST_SHARD, contexts.length],
  ] as const) {
    const tokenIds = Int32Array.from(contexts.slice(from, to).flat());
    const perRow = (value: (document: number, position: number) => number) =>
      contexts.slice(from, to).flatMap((ids, i) => ids.map((_, position) => value(from + i, position)));
    const rows = activations.slice(first * STORY_D_IN, (first + tokenIds.length) * STORY_D_IN);
    const { file, bytes, sha256 } = await writeActivationShard(store, id, {
      partition: shards.length,
      rows: {
        dtype: 'F32',
        dIn: STORY_D_IN,
        activations: new Uint8Array(rows.buffer),
        tokenIds,
        documents: Int32Array.from(perRow((document) => document)),
        positions: Int32Array.from(perRow((_, position) => position)),
        special: Uint8Array.from(perRow((_, position) => (position === 0 ? 1 : 0))),
      },
    });
    files[file] = { bytes, sha256 };
    shards.push({ file, rows: tokenIds.length });
    first += tokenIds.length;
  }
  await finishActivationSet(store, id, {
    createTime: '2026-01-01T00:00:00.000Z',
    lineage,
    files,
    body: {
      hookPoint: STORY_HOOK,
      dIn: STORY_D_IN,
      dtype: 'F32',
      contextTokens: Math.max(...contexts.map(({ length }) => length)),
      rows: first,
      documents: contexts.length,
      bosTokenId: 1,
      specialRows: contexts.length,
      shards,
      corpus: { uri: 'file:///stories.txt', format: 'TEXT' },
    },
  });
}
