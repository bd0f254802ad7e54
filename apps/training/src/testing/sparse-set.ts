import { finishActivationSet, writeActivationShard } from '@facet/artifacts';
import type { Lineage, ObjectStore } from '@facet/objects';
import { createRandom } from '@facet/random';

/** Width of the rows and number of directions that they are made of. */
export const D_IN = 16;
export const TRUE_FEATURES = 24;
/** Directions that make up one row. */
export const TRUE_L0 = 3;

const CONTEXT = 16;
const DOCUMENT_TOKENS = 64;
const BOS = 1;

export interface SparseSetOptions {
  /** Rows, BOS included. @default 8192 */
  rows?: number;
  /** @default 3 */
  shards?: number;
  lineage?: Partial<Lineage>;
  seed?: bigint;
  /** Factor of all values. @default 1 */
  scale?: number;
  /** Makes rows 1, 1 + n, 1 + 2n, … 10 times as long. @default 0: none */
  outlierEvery?: number;
  /** Makes every row BOS. @default false */
  onlyBos?: boolean;
}

/** The unit directions [TRUE_FEATURES, D_IN] that the rows of every set are made of. */
export function trueDirections(): Float64Array {
  const random = createRandom(99n);
  const directions = new Float64Array(TRUE_FEATURES * D_IN);
  for (let i = 0; i < TRUE_FEATURES; i++) {
    const row = Array.from({ length: D_IN }, () => random.gaussian());
    const norm = Math.hypot(...row);
    for (let j = 0; j < D_IN; j++) directions[i * D_IN + j] = row[j] / norm;
  }
  return directions;
}

/**
 * Writes an activation set whose rows are sums of a few true directions; BOS rows are huge, to show where
 * they leak in.
 */
export async function writeSparseSet(
  store: ObjectStore,
  id: string,
  options: SparseSetOptions = {},
): Promise<void> {
  const { rows = 8192, shards = 3, scale = 1, outlierEvery = 0, onlyBos = false } = options;
  const random = createRandom(options.seed ?? 1n);
  const truth = trueDirections();
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const written: { file: string; rows: number }[] = [];
  let specialRows = 0;
  for (let shard = 0; shard < shards; shard++) {
    const first = Math.floor((shard * rows) / shards);
    const count = Math.floor(((shard + 1) * rows) / shards) - first;
    const activations = new Float32Array(count * D_IN);
    const special = new Uint8Array(count);
    for (let r = 0; r < count; r++) {
      special[r] = onlyBos || (first + r) % CONTEXT === 0 ? 1 : 0;
      specialRows += special[r];
      const row = activations.subarray(r * D_IN, (r + 1) * D_IN);
      fillRow(row, { truth, random, bos: special[r] === 1 });
      if (outlierEvery > 0 && (first + r) % outlierEvery === 1) row.set(row.map((value) => 10 * value));
    }
    for (let at = 0; at < activations.length; at++) activations[at] *= scale;
    const positions = Int32Array.from({ length: count }, (_, r) => (first + r) % CONTEXT);
    const documents = Int32Array.from({ length: count }, (_, r) => Math.floor((first + r) / DOCUMENT_TOKENS));
    const tokenIds = Int32Array.from(special, (isBos, r) => (isBos ? BOS : 2 + (r % 100)));
    const stored = {
      dtype: 'F32' as const,
      dIn: D_IN,
      activations: new Uint8Array(activations.buffer),
      tokenIds,
      documents,
      positions,
      special,
    };
    const { file, bytes, sha256 } = await writeActivationShard(store, id, { partition: shard, rows: stored });
    files[file] = { bytes, sha256 };
    written.push({ file, rows: count });
  }
  await finishActivationSet(store, id, {
    createTime: '2026-01-01T00:00:00.000Z',
    lineage: {
      modelId: 'toy',
      modelSha256: 'a'.repeat(64),
      tokenizerSha256: 'b'.repeat(64),
      hookPoint: 'blocks.2.hook_resid_post',
      ...options.lineage,
    },
    files,
    body: {
      hookPoint: 'blocks.2.hook_resid_post',
      dIn: D_IN,
      dtype: 'F32',
      contextTokens: CONTEXT,
      rows,
      documents: Math.ceil(rows / DOCUMENT_TOKENS),
      bosTokenId: BOS,
      specialRows,
      shards: written,
      corpus: { uri: 'file:///corpus.txt', format: 'TEXT' },
    },
  });
}

interface RowSettings {
  truth: Float64Array;
  random: ReturnType<typeof createRandom>;
  bos: boolean;
}

function fillRow(row: Float32Array, { truth, random, bos }: RowSettings): void {
  row.fill(bos ? 1000 : 2);
  for (let a = 0; a < TRUE_L0; a++) {
    const i = random.below(TRUE_FEATURES);
    const strength = 1 + random.uniform();
    for (let j = 0; j < D_IN; j++) row[j] += strength * truth[i * D_IN + j];
  }
}

/** Mean over the true directions of the largest cosine with any decoder row. */
export function meanMaxCosine(W_dec: Float32Array): number {
  const truth = trueDirections();
  let total = 0;
  for (let i = 0; i < TRUE_FEATURES; i++) {
    let best = -1;
    for (let s = 0; s < W_dec.length / D_IN; s++) {
      let cosine = 0;
      for (let j = 0; j < D_IN; j++) cosine += W_dec[s * D_IN + j] * truth[i * D_IN + j];
      best = Math.max(best, cosine);
    }
    total += best / TRUE_FEATURES;
  }
  return total;
}
