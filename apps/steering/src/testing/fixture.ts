import { finishActivationSet, writeActivationShard, writeSaeArtifact } from '@facet/artifacts';
import { DataType, InferenceServiceDefinition } from '@facet/contracts';
import { answerTensors, connect, createServiceClient } from '@facet/mesh';
import type { Lineage, ObjectStore } from '@facet/objects';
import type { Sae } from '@facet/sae';

export const MODEL = 'models/stories260k';
/** Hook points of `saes/plain` and `saes/topk`. */
export const HOOK = 'blocks.2.hook_resid_post';
export const EARLY_HOOK = 'blocks.1.hook_resid_post';
export const D_IN = 64;
export const D_SAE = 32;
/** Threshold of `saes/topk`. */
export const TOPK_THRESHOLD = 0.25;

const CORPUS = [
  'Once upon a time, there was a little dog named Max. Max loved to run in the park.',
  'The big dog barked at the cat. The cat ran away and hid under the bed.',
  'She ate a red apple. It was sweet and good. Her mom gave her one more.',
];

/** What the tests know of the stored artifacts. */
export interface Fixture {
  /** Directions [D_SAE, D_IN] of all SAEs; orthogonal, of length 1. */
  W_dec: Float32Array;
  /** Largest x · W_dec[i] over the corpus without special tokens, by feature, at HOOK. */
  maxima: number[];
  /** Where `plain` comes from. */
  lineage: Lineage;
}

/**
 * Writes `activationSets/corpus` of real activations and four SAEs over them: `plain` (ReLU), `topk` (an earlier hook
 * point), `foreign` (made for other weights) and `imported` (without hashes).
 */
export async function writeFixture(store: ObjectStore, inferenceAddress: string): Promise<Fixture> {
  const connection = connect(inferenceAddress);
  const client = createServiceClient(InferenceServiceDefinition, connection);
  const { model } = await client.getModel({ name: MODEL });
  const { modelSha256, tokenizerSha256 } = model!.lineage!;
  const lineage: Lineage = {
    modelId: MODEL.replace('models/', ''),
    modelSha256,
    tokenizerSha256,
    hookPoint: HOOK,
  };
  const corpus = await activate(client);
  connection.close();
  await writeSet(store, corpus, lineage);
  const W_dec = orthonormalRows(D_SAE, D_IN);
  const write = (id: string, architecture: 'standard' | 'topk', from: Lineage) =>
    writeSaeArtifact(store, id, saeOf(W_dec, architecture, from.hookPoint!), {
      createTime: '2026-01-01T00:00:00Z',
      lineage: { ...from, normalization: 'none' },
      metrics: {},
    });
  await write('plain', 'standard', lineage);
  await write('topk', 'topk', { ...lineage, hookPoint: EARLY_HOOK });
  await write('foreign', 'standard', { ...lineage, modelId: 'other', modelSha256: 'f'.repeat(64) });
  await write('imported', 'standard', { ...lineage, modelId: 'other', modelSha256: '', tokenizerSha256: '' });
  return { W_dec, maxima: maximaOf(corpus, W_dec), lineage };
}

/** Writes a ReLU SAE over the directions of the fixture, also in reverse, which makes another SAE of it. */
export async function writePlainSae(
  store: ObjectStore,
  id: string,
  { rows = 'in order', lineage = UNKNOWN }: { rows?: 'in order' | 'reversed'; lineage?: Lineage } = {},
): Promise<void> {
  const W_dec = orthonormalRows(D_SAE, D_IN);
  const kept = rows === 'reversed' ? reversed(W_dec) : W_dec;
  await writeSaeArtifact(store, id, saeOf(kept, 'standard', HOOK), {
    createTime: new Date().toISOString(),
    lineage: { ...lineage, normalization: 'none' },
    metrics: {},
  });
}

/** Where an SAE comes from that is never steered. */
const UNKNOWN: Lineage = { modelId: 'm', modelSha256: '0'.repeat(64), tokenizerSha256: '', hookPoint: HOOK };

/** The rows of [D_SAE, D_IN], the last one first. */
function reversed(W_dec: Float32Array): Float32Array {
  return Float32Array.from(W_dec, (_, at) => {
    const [i, j] = [Math.floor(at / D_IN), at % D_IN];
    return W_dec[(D_SAE - 1 - i) * D_IN + j]!;
  });
}

interface Corpus {
  tokenIds: Int32Array;
  special: Uint8Array;
  lengths: number[];
  activations: Float32Array;
}

type InferenceClient = ReturnType<typeof createServiceClient<typeof InferenceServiceDefinition>>;

async function activate(client: InferenceClient): Promise<Corpus> {
  const parts: { firstRow: number; values: Float32Array }[] = [];
  let corpus: Omit<Corpus, 'activations'> | undefined;
  const events = client.computeActivations({
    model: MODEL,
    hookPoints: [HOOK],
    input: { $case: 'texts', value: { texts: CORPUS } },
    dtype: DataType.F32,
    includeTokenTexts: true,
  });
  for await (const { event } of events) {
    if (event?.$case === 'header') {
      const { tokens, special } = event.value;
      const tokenIds = answerTensors.ids(tokens!.tokenIds, ['n'], 'token_ids');
      const flags = answerTensors.flags(special, ['n'], 'special');
      corpus = { tokenIds, special: flags, lengths: tokens!.lengths };
    } else if (event?.$case === 'block') {
      const values = answerTensors.floats(event.value.activations, ['n', D_IN], 'activations');
      parts.push({ firstRow: event.value.firstRow, values });
    }
  }
  const activations = new Float32Array(corpus!.tokenIds.length * D_IN);
  for (const { firstRow, values } of parts) activations.set(values, firstRow * D_IN);
  return { ...corpus!, activations };
}

async function writeSet(store: ObjectStore, corpus: Corpus, lineage: Lineage): Promise<void> {
  const { tokenIds, special, lengths, activations } = corpus;
  const documents = Int32Array.from(lengths.flatMap((length, text) => Array(length).fill(text)));
  const positions = Int32Array.from(lengths.flatMap((length) => [...Array(length).keys()]));
  const rows = {
    dtype: 'F32' as const,
    dIn: D_IN,
    activations: new Uint8Array(activations.buffer),
    tokenIds,
    documents,
    positions,
    special,
  };
  const { file, bytes, sha256 } = await writeActivationShard(store, 'corpus', { partition: 0, rows });
  await finishActivationSet(store, 'corpus', {
    createTime: '2026-01-01T00:00:00Z',
    lineage,
    body: {
      hookPoint: HOOK,
      dIn: D_IN,
      dtype: 'F32',
      contextTokens: Math.max(...lengths),
      rows: tokenIds.length,
      documents: CORPUS.length,
      bosTokenId: 1,
      specialRows: special.reduce((sum, value) => sum + value, 0),
      shards: [{ file, rows: tokenIds.length }],
      corpus: { uri: 'memory:test', format: 'TEXT' },
    },
    files: { [file]: { bytes, sha256 } },
  });
}

/** The first `n` rows of the Hadamard matrix of order `d` (a power of two), divided by its rows' length. */
function orthonormalRows(n: number, d: number): Float32Array {
  return Float32Array.from({ length: n * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    return (parity(i & j) === 0 ? 1 : -1) / Math.sqrt(d);
  });
}

function parity(bits: number): number {
  return [...bits.toString(2)].filter((bit) => bit === '1').length % 2;
}

/** An SAE whose encoder columns are its directions, without biases: f = ReLU(x · W_dec[i]). */
function saeOf(W_dec: Float32Array, architecture: 'standard' | 'topk', hook_name: string): Sae {
  const W_enc = new Float32Array(D_IN * D_SAE);
  for (let i = 0; i < D_SAE; i++) for (let j = 0; j < D_IN; j++) W_enc[j * D_SAE + i] = W_dec[i * D_IN + j]!;
  const topk = architecture === 'topk';
  return {
    cfg: {
      architecture,
      d_in: D_IN,
      d_sae: D_SAE,
      dtype: 'float32',
      apply_b_dec_to_input: false,
      normalize_activations: 'none',
      ...(topk && { k: 4 }),
      metadata: { hook_name, ...(topk && { inference_threshold: TOPK_THRESHOLD }) },
    },
    W_enc,
    b_enc: new Float32Array(D_SAE),
    W_dec,
    b_dec: new Float32Array(D_IN),
  };
}

function maximaOf({ activations, special }: Corpus, W_dec: Float32Array): number[] {
  return Array.from({ length: D_SAE }, (_, i) =>
    Array.from(special).reduce((max, isSpecial, row) => {
      if (isSpecial) return max;
      let f = 0;
      for (let j = 0; j < D_IN; j++) f += activations[row * D_IN + j]! * W_dec[i * D_IN + j]!;
      return Math.max(max, f);
    }, 0),
  );
}
