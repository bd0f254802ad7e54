import { publishArtifact } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import {
  absentAsUndefined,
  filesPrefix,
  type Lineage,
  type Manifest,
  type ObjectStore,
  readManifest,
  verifyFiles,
} from '@facet/objects';
import type { Checkpoint, SavedCheckpoint } from '@facet/sae-training';
import { parseSafetensorsHeader, type SafetensorsHeader, serializeSafetensors } from '@facet/tensor';
import { z } from 'zod';

/** What is known of a kept checkpoint without reading its arrays. */
export interface CheckpointSummary {
  step: number;
  /** RFC 3339, UTC. */
  time: string;
  bytes: number;
}

/** The checkpoints of one run in the object store. */
export interface CheckpointStore {
  /**
   * Keeps a checkpoint, seen whole or not at all, unless another worker has kept this step, and removes those before it. Asks
   * `requireHeld` between the two: a worker that has taken the run over meanwhile may be reading one of them. Tells what
   * holds.
   */
  save(
    checkpoint: Checkpoint,
    lineage: Lineage,
    requireHeld: () => Promise<void>,
  ): Promise<CheckpointSummary>;
  /** The newest whole checkpoint, every hash checked; `data-loss` names a damaged file. */
  newest(): Promise<SavedCheckpoint | undefined>;
  /** As `newest`, without reading its arrays. */
  summary(): Promise<CheckpointSummary | undefined>;
  deleteAll(): Promise<void>;
}

type Arrays = Checkpoint['arrays'];

const KIND = 'training-checkpoint';
const STATE_FILE = 'state.safetensors';
const STEP_DIGITS = 12;
const STEP_NAME = /^\d{12}$/;
/** Arrays are read in pieces of this size, so that resuming takes no memory beside the run's own. */
const READ_BYTES = 8 << 20;
/** Enough for the header of a state file, which has a few dozen tensors of each of at most 64 SAEs. */
const HEADER_BYTES = 1 << 20;
/** How often the newest checkpoint is looked for again when a newer one has replaced it meanwhile. */
const MAX_ATTEMPTS = 5;

const bodySchema = z.object({
  /** The run that it belongs to. */
  uid: z.string(),
  step: z.number().int().positive(),
  identity: z.string(),
});

/**
 * Opens the checkpoints of a run, `<prefix>/checkpoints/<uid>/<step>/`: one safetensors file of all arrays, then the manifest
 * with its hash, which makes it complete. Of two workers that keep the same step the first counts. Checkpoints of the layout
 * before, without `<uid>`, are read as well; another `uid` is that of an earlier run of the same id.
 */
export function createCheckpointStore(store: ObjectStore, prefix: string, uid: string): CheckpointStore {
  const folder = `${prefix}/checkpoints/${uid}`;
  const place = (step: number) => `${folder}/${String(step).padStart(STEP_DIGITS, '0')}`;
  const describe = async (found: Place): Promise<KeptCheckpoint | undefined> => {
    const schema = { kind: KIND, body: bodySchema };
    const stored = await absentAsUndefined(() => readManifest(store, found.prefix, schema));
    return stored?.manifest.body.uid === uid ? { ...found, manifest: stored.manifest } : undefined;
  };
  const newestKept = async () => {
    for (const found of await placesOf(store, prefix, uid)) {
      const kept = await describe(found);
      if (kept) return kept;
    }
    return undefined;
  };
  return {
    async save({ step, identity, arrays }, lineage, requireHeld) {
      const body = { uid, step, identity };
      const kept = await keep(store, place(step), { body, lineage, arrays });
      await requireHeld();
      for (const older of await placesOf(store, prefix, uid))
        if (older.step < step) await store.deletePrefix(older.prefix);
      return summaryOf(kept);
    },
    async newest() {
      for (let attempt = 1; ; attempt++) {
        const kept = await newestKept();
        if (!kept) return undefined;
        const { prefix: from, manifest, step } = kept;
        try {
          await verifyFiles(store, from, manifest);
          const key = `${filesPrefix(from, manifest)}/${STATE_FILE}`;
          const { identity } = manifest.body;
          return { step, identity, restore: (arrays) => restore(store, key, arrays) };
        } catch (error) {
          const replaced = (await newestKept())?.step !== step;
          if (!replaced || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
    async summary() {
      const kept = await newestKept();
      return kept && summaryOf(kept.manifest);
    },
    async deleteAll() {
      await store.deletePrefix(folder);
      for (const older of await placesOf(store, prefix, uid))
        if (await describe(older)) await store.deletePrefix(older.prefix);
    },
  };
}

type CheckpointManifest = Manifest<z.infer<typeof bodySchema>>;

interface Place {
  prefix: string;
  step: number;
}

interface KeptCheckpoint extends Place {
  manifest: CheckpointManifest;
}

/** Where checkpoints may lie, newest first. */
async function placesOf(store: ObjectStore, prefix: string, uid: string): Promise<Place[]> {
  const places: Place[] = [];
  for (const folder of [`${prefix}/checkpoints/${uid}`, `${prefix}/checkpoints`])
    for (const name of await store.listFolders(folder))
      if (STEP_NAME.test(name)) places.push({ prefix: `${folder}/${name}`, step: Number(name) });
  return places.sort((a, b) => b.step - a.step);
}

interface NewCheckpoint {
  body: z.infer<typeof bodySchema>;
  lineage: Lineage;
  arrays: Arrays;
}

/** Keeps a checkpoint unless this step is kept; returns what holds. */
async function keep(
  store: ObjectStore,
  prefix: string,
  { body, lineage, arrays }: NewCheckpoint,
): Promise<CheckpointManifest> {
  const createTime = new Date().toISOString();
  const described = { kind: KIND, createTime, lineage, body };
  const files = { [STATE_FILE]: encode(arrays) };
  try {
    // Not read again: it is the state of the moment, and is checked when it is resumed from.
    const options = { condition: { ifAbsent: true }, verify: false };
    return (await publishArtifact(store, prefix, { ...described, files, ...options })).manifest;
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
    return (await readManifest(store, prefix, { kind: KIND, body: bodySchema })).manifest;
  }
}

function summaryOf({ body, createTime, files }: CheckpointManifest): CheckpointSummary {
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  return { step: body.step, time: createTime, bytes };
}

/** Lays arrays out as safetensors without copying them; unsigned words are stored as signed ones of the same bits. */
function encode(arrays: Arrays): Uint8Array[] {
  const tensors = [...arrays].map(([name, data]) => [
    name,
    { dtype: dtypeOf(data), shape: [data.length], data },
  ]);
  return serializeSafetensors(Object.fromEntries(tensors));
}

function dtypeOf(array: ArrayBufferView): 'F32' | 'F64' | 'I32' | 'U8' {
  if (array instanceof Float32Array) return 'F32';
  if (array instanceof Float64Array) return 'F64';
  return array instanceof Uint8Array ? 'U8' : 'I32';
}

async function restore(store: ObjectStore, key: string, arrays: Arrays): Promise<void> {
  const header = await readHeader(store, key);
  requireSameArrays(header, arrays, key);
  for (const [name, array] of arrays) {
    const { byteOffset, byteLength } = header.entries.get(name)!;
    const into = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < byteLength; at += READ_BYTES) {
      const end = Math.min(at + READ_BYTES, byteLength);
      into.set(await store.read(key, { start: byteOffset + at, end: byteOffset + end }), at);
    }
  }
}

async function readHeader(store: ObjectStore, key: string): Promise<SafetensorsHeader> {
  let bytes = 0;
  for await (const listed of store.list(key.slice(0, key.lastIndexOf('/')))) {
    if (listed.key === key) bytes = listed.bytes;
  }
  return parseSafetensorsHeader(await store.read(key, { end: HEADER_BYTES }), bytes, key);
}

function requireSameArrays({ entries }: SafetensorsHeader, arrays: Arrays, key: string): void {
  const wanted = [...arrays].map(([name, array]) => `${name} ${dtypeOf(array)} [${array.length}]`).sort();
  const found = [...entries.values()].map(({ name, dtype, shape }) => `${name} ${dtype} [${shape}]`).sort();
  const missing = wanted.find((text) => !found.includes(text));
  const surplus = found.find((text) => !wanted.includes(text));
  if (missing === undefined && surplus === undefined) return;
  const what = missing === undefined ? `holds ${surplus}, which this run does not have` : `lacks ${missing}`;
  throw new FacetError('data-loss', `${key} ${what}; it was written by another version: start the run anew`, {
    reason: 'CHECKPOINT_MISMATCH',
  });
}
