import fc from 'fast-check';

/** A way to damage bytes: what is changed, where (as a share of the length), and by what. */
interface Mutation {
  kind: 'set' | 'flip' | 'cut' | 'insert' | 'repeat';
  place: number;
  value: number;
}

/** Between one and four damages. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'set', 'flip', 'flip', 'cut', 'insert', 'repeat'),
    // Headers lie at both ends of the formats, so places near them are as likely as all the others.
    place: fc.oneof(
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.05, noNaN: true }),
      fc.double({ min: 0.9, max: 0.999, noNaN: true }),
    ),
    value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 127, 128, 255)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Applies damages one after the other. */
export function damage(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce(damageOnce, Uint8Array.from(bytes));
}

function damageOnce(bytes: Uint8Array, { kind, place, value }: Mutation): Uint8Array {
  const at = Math.floor(place * bytes.length);
  if (kind === 'cut') return bytes.slice(0, at);
  if (kind === 'insert') return concat(bytes.subarray(0, at), Uint8Array.of(value), bytes.subarray(at));
  if (kind === 'repeat') return concat(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - value)));
  if (bytes.length === 0) return bytes;
  const changed = Uint8Array.from(bytes);
  changed[at] = kind === 'set' ? value : changed[at] ^ (1 << (value & 7));
  return changed;
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
