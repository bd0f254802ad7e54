import { FacetError } from '@facet/errors';
import { createLane, type Lane, type LaneOptions } from './lane.ts';

/** The lanes of one runtime. */
export interface LanePool {
  readonly size: number;
  /** The lane with the fewest unanswered calls. */
  idlest(): Lane;
  /** The lane that keeps the fewest generations: each stays with its lane until it is closed. */
  emptiest(): Lane;
  close(): Promise<void>;
}

/** Calls that one lane may owe before further work is refused. */
const MAX_LANE_LOAD = 4096;

/** Prepares `size` lanes; their threads start when they are first used. */
export function createLanePool(size: number, options: LaneOptions): LanePool {
  const lanes = Array.from({ length: size }, () => createLane(options));
  const admit = (lane: Lane): Lane => {
    if (lane.load < MAX_LANE_LOAD) return lane;
    throw new FacetError('exhausted', `the model owes ${lane.load} computations; try again later`, {
      reason: 'QUEUE_FULL',
    });
  };
  return {
    size,
    idlest: () => admit(lanes.reduce((best, other) => (other.load < best.load ? other : best))),
    emptiest: () => admit(lanes.reduce((best, other) => (other.keptCount < best.keptCount ? other : best))),
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
