/**
 * Draws of a seeded generator: equal seeds give equal sequences on every machine (gaussian: on every libm).
 */
export interface Random {
  /** The next 32 random bits as an unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1), 24 bits. */
  uniform(): number;
  /** Uniform integer in [0, below), without bias. */
  below(below: number): number;
  /** Standard normal (Box–Muller). */
  gaussian(): number;
}

/** Starts xoshiro128** (Blackman & Vigna 2018) from `seed`; `stream` separates uses of one seed. */
export function createRandom(seed: bigint, stream = 0): Random {
  const s = seedState(seed, stream);
  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  };
  const uniform = () => (uint32() >>> 8) / 2 ** 24;
  return {
    uint32,
    uniform,
    below(below) {
      const limit = 2 ** 32 - (2 ** 32 % below);
      for (;;) {
        const bits = uint32();
        if (bits < limit) return bits % below;
      }
    },
    gaussian: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** Shuffles `values` in place (Fisher–Yates). */
export function shuffle(values: Uint32Array, random: Random): Uint32Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swap = values[i];
    values[i] = values[j];
    values[j] = swap;
  }
  return values;
}

/** Fills the state by splitmix64, as the authors of xoshiro advise. */
function seedState(seed: bigint, stream: number): Int32Array {
  const state = new Int32Array(4);
  let z = BigInt.asUintN(64, seed + BigInt(stream) * 0xd1342543de82ef95n);
  for (let i = 0; i < 4; i += 2) {
    z = BigInt.asUintN(64, z + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    state[i] = Number(mixed & 0xffffffffn);
    state[i + 1] = Number(mixed >> 32n);
  }
  return state;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
