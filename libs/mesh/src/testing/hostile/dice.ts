/** Random numbers that are the same for the same seed. */
export interface Dice {
  /** A number in [0, 1). */
  share(): number;
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  bytes(n: number): Uint8Array;
}

/** Creates dice: Steele and Vigna's SplitMix32. */
export function createDice(seed: number): Dice {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const below = (n: number) => next() % n;
  return {
    share: () => next() / 2 ** 32,
    below,
    bytes: (n) => Uint8Array.from({ length: n }, () => below(256)),
  };
}
