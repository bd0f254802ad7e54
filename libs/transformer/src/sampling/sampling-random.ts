import { FacetError } from '@facet/errors';

const MASK_64 = (1n << 64n) - 1n;
const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

/**
 * Makes the random numbers of sampling: SplitMix64 (Steele, Lea and Flood 2014), state = `seed`, 0 to 2^64 −
 * 1.
 * Every call returns the upper 53 bits of the next output as a number in [0, 1). The stream of a seed never
 * changes.
 */
export function createRandom(seed: bigint): () => number {
  if (seed < 0n || seed > MASK_64)
    throw new FacetError('invalid', `seed ${seed} is outside 0 to 2^64 - 1`, { field: 'seed' });
  let state = seed;
  return () => {
    state = (state + GOLDEN_GAMMA) & MASK_64;
    return Number(mix(state) >> 11n) * 2 ** -53;
  };
}

/** The output function of SplitMix64: Stafford's variant 13 of the MurmurHash3 finaliser. */
export function mix(state: bigint): bigint {
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  return z ^ (z >> 31n);
}
