import { FacetError } from '@facet/errors';
import { createLane, type GraphProgram, type Lane, type LaneOptions } from './lane.ts';

/**
 * The lanes of one runtime. Decoding has lanes of its own in larger models: its steps wait neither for passes over whole
 * contexts nor for the compilation of a graph, and reading all weights for one token takes every thread.
 */
export interface LanePool {
  /** Lanes that run whole contexts. */
  readonly size: number;
  /** The lane for whole contexts with the fewest unanswered calls. */
  idlest(): Lane;
  /** The lane in which a generation of this program stays until it is closed. */
  decoding(program: Pick<GraphProgram, 'key' | 'isPacked'>): Lane;
  close(): Promise<void>;
}

export interface LanePoolOptions extends Omit<LaneOptions, 'threads'> {
  /** Threads that compute at once. */
  threads: number;
  /** Bytes of the weights as sessions map them. */
  mappedBytes: number;
}

/** Calls that one lane may owe before further work is refused. */
const MAX_LANE_LOAD = 4096;

/**
 * Below this, one single-threaded lane per thread runs whole contexts faster than one lane with several threads
 * (measured on two cores: 1.05 to 1.2 times at 124 M weights, nothing at 0.5 B).
 */
const SINGLE_THREADED_BYTES = 512 * 1024 ** 2;

/** Lanes in which texts are generated without packed weights. */
const MAX_DECODING_LANES = 4;

/** Up to this, decoding is too short a work to be shared among threads, and stays in the same lanes. */
export const TINY_MODEL_BYTES = 64 * 1024 ** 2;

/** Prepares lanes; their threads start when they are first used. */
export function createLanePool({ threads, mappedBytes, ...options }: LanePoolOptions): LanePool {
  const shape = passLanes(threads, mappedBytes);
  const passes = Array.from({ length: shape.lanes }, () =>
    createLane({ ...options, threads: shape.threadsOfEach }),
  );
  const create = () => createLane({ ...options, threads });
  const plain: Lane[] = [];
  // What is packed takes seconds to compile, for which the texts of other programs do not wait.
  const packed = create();
  return {
    size: passes.length,
    idlest: () => admit(least(passes, ({ load }) => load)),
    decoding(program) {
      if (mappedBytes <= TINY_MODEL_BYTES) return admit(least(passes, ({ keptCount }) => keptCount));
      return admit(program.isPacked ? packed : plainLane(plain, program, create));
    },
    async close() {
      await Promise.all([...passes, ...plain, packed].map((lane) => lane.close()));
    },
  };
}

/**
 * The lane where a program is compiled already, else one in which no text is under way, so that none waits for the
 * compilation; where all are taken, one more, or at last the one with the fewest texts.
 */
function plainLane(plain: Lane[], program: Pick<GraphProgram, 'key'>, create: () => Lane): Lane {
  const free = plain.filter((lane) => lane.holds(program) || lane.keptCount === 0);
  const compiled = free.filter((lane) => lane.holds(program));
  if (free.length === 0 && plain.length < MAX_DECODING_LANES) {
    plain.push(create());
    return plain.at(-1)!;
  }
  const [best] = [compiled, free, plain].filter(({ length }) => length > 0);
  return least(best!, ({ keptCount }) => keptCount);
}

/** How the threads are divided where whole contexts run. */
export function passLanes(threads: number, mappedBytes: number): { lanes: number; threadsOfEach: number } {
  const isSingle = mappedBytes <= SINGLE_THREADED_BYTES;
  return isSingle ? { lanes: threads, threadsOfEach: 1 } : { lanes: 1, threadsOfEach: threads };
}

function least(lanes: readonly Lane[], count: (lane: Lane) => number): Lane {
  return lanes.reduce((best, other) => (count(other) < count(best) ? other : best));
}

function admit(lane: Lane): Lane {
  if (lane.load < MAX_LANE_LOAD) return lane;
  throw new FacetError('exhausted', `the model owes ${lane.load} computations; try again later`, {
    reason: 'QUEUE_FULL',
  });
}
