import { FacetError } from '@facet/errors';
import {
  absentAsUndefined,
  type Lineage,
  type ObjectStore,
  readManifest,
  verifyManifest,
  writeManifest,
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
   * Keeps a checkpoint, seen whole or not at all, and removes those before it. Asks `requireHeld` between the two: a worker
   * that has taken the run over meanwhile may be reading one of them.
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
 * Opens the checkpoints of a run, `<prefix>/checkpoints/<step>/`: one safetensors file of all arrays, then the manifest
 * with its hash, which makes it complete. Those of another `uid` are of an earlier run of the same id.
 */
export function createCheckpointStore(store: ObjectStore, prefix: string, uid: string): CheckpointStore {
  const folder = `${prefix}/checkpoints`;
  const place = (step: string | number) => `${folder}/${String(step).padStart(STEP_DIGITS, '0')}`;
  const steps = async () => (await store.listFolders(folder)).toReversed();
  const describe = async (step: string) =>
    absentAsUndefined(() => readManifest(store, place(step), { kind: KIND, body: bodySchema }));
  const newestManifest = async () => {
    for (const step of await steps()) {
      const stored = await describe(step);
      if (stored?.manifest.body.uid === uid) return stored.manifest;
    }
    return undefined;
  };
  return {
    async save({ step, identity, arrays }, lineage, requireHeld) {
      const state = await store.write(`${place(step)}/${STATE_FILE}`, encode(arrays));
      const createTime = new Date().toISOString();
      const files = { [STATE_FILE]: { bytes: state.bytes, sha256: state.sha256 } };
      const body = { uid, step, identity };
      await writeManifest(store, place(step), {
        formatVersion: 1,
        kind: KIND,
        createTime,
        files,
        lineage,
        body,
      });
      await requireHeld();
      for (const older of await steps()) if (Number(older) < step) await store.deletePrefix(place(older));
      return { step, time: createTime, bytes: state.bytes };
    },
    async newest() {
      for (let attempt = 1; ; attempt++) {
        const manifest = await newestManifest();
        if (!manifest) return undefined;
        const { step, identity } = manifest.body;
        try {
          await verifyManifest(store, place(step));
          return {
            step,
            identity,
            restore: (arrays) => restore(store, `${place(step)}/${STATE_FILE}`, arrays),
          };
        } catch (error) {
          const replaced = (await newestManifest())?.body.step !== step;
          if (!replaced || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
    async summary() {
      const manifest = await newestManifest();
      if (!manifest) return undefined;
      const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
      return { step: manifest.body.step, time: manifest.createTime, bytes };
    },
    async deleteAll() {
      await store.deletePrefix(folder);
    },
  };
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
