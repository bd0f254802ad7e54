import type { SetPlan, SetRecord } from '../sets/set-record.ts';
import type { SetStore } from '../sets/set-store.ts';
import type { PackerState } from './packer.ts';

/** How far an earlier worker has come with a plan. */
export interface Planning {
  /** Pieces of the corpus that are packed. */
  pieces: number;
  /** Hash of the bytes of those pieces. */
  sha256: string;
  packer: PackerState;
  /** The inputs that are written. */
  partitions: SetPlan['partitions'];
}

/** Reads how far the plan of a set has come; undefined where it is to begin. */
export async function readPlanning(sets: SetStore, record: SetRecord): Promise<Planning | undefined> {
  const records = (await sets.capture(record).planning()).filter(({ uid }) => uid === record.uid);
  const newest = records.at(-1);
  if (!newest) return undefined;
  const { pieces, sha256, packer } = newest;
  return { pieces, sha256, packer, partitions: records.flatMap(({ partitions }) => partitions) };
}
