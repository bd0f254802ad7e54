import type { StateArray } from '../engines/engine.ts';
import type { Checkpoint, SavedCheckpoint } from '../training/checkpoint.ts';

/** Copies a checkpoint, as a store does. */
export function keep({ step, identity, arrays }: Checkpoint): SavedCheckpoint {
  const copies = new Map([...arrays].map(([name, array]) => [name, array.slice() as StateArray]));
  return {
    step,
    identity,
    async restore(into) {
      expect([...into.keys()]).toEqual([...copies.keys()]);
      for (const [name, array] of into) array.set(copies.get(name)!);
    },
  };
}
