import { decode } from '../decode.ts';
import { encodeReference } from '../encode-reference.ts';
import type { ReadSae } from '../formats/sae-format.ts';
import type { Sae } from '../sae.ts';
import { createNoise, noiseArray } from './random-sae.ts';

const ROWS = 20;

/**
 * Expects `sae` to encode as its source's own equations (`model`) and `original` do, and all of them to decode to the same rows.
 */
export function requireSameModel({ sae, model }: ReadSae, original: Sae): void {
  const { d_in, d_sae } = original.cfg;
  expect([sae.cfg.d_in, sae.cfg.d_sae]).toEqual([d_in, d_sae]);
  const x = noiseArray(createNoise(5), ROWS * d_in).map((value) => value * 2);
  const before = encodeReference(original, x, ROWS);
  const after = encodeReference(sae, x, ROWS);
  expect(before.indices.length).toBeGreaterThan(ROWS);
  expect(after.indices).toEqual(before.indices);
  expectClose(after.values, before.values);
  const x_hat = decode(original, before);
  expectClose(decode(sae, after), x_hat);
  for (let r = 0; r < ROWS; r++) {
    const { f } = model.encode(Float64Array.from(x.subarray(r * d_in, (r + 1) * d_in)));
    const row = new Float64Array(d_sae);
    for (let e = after.offsets[r]; e < after.offsets[r + 1]; e++) row[after.indices[e]] = after.values[e];
    expectClose(f, row);
    expectClose(model.decode(f), x_hat.subarray(r * d_in, (r + 1) * d_in));
  }
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i])));
  }
  expect(worst).toBeLessThan(2e-5);
}
