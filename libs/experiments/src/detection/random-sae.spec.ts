import { checkSae } from '@facet/sae';
import { createRandomSae } from './random-sae.ts';

describe('createRandomSae', () => {
  const rows = Float32Array.of(1, 2, 3, 3, 4, 5);
  const make = (seed: bigint) => createRandomSae(rows, { d_in: 3, d_sae: 8, k: 2, seed });

  test('has unit directions, the encoder along the decoder, and the mean as its bias', () => {
    const sae = make(1n);
    checkSae(sae, 'random');
    for (let feature = 0; feature < 8; feature++) {
      const row = sae.W_dec.subarray(3 * feature, 3 * feature + 3);
      expect(Math.hypot(...row)).toBeCloseTo(1, 6);
      expect([0, 1, 2].map((i) => sae.W_enc[i * 8 + feature])).toEqual([...row]);
    }
    expect([...sae.b_dec]).toEqual([2, 3, 4]);
  });

  test('is another one for another seed', () => {
    expect([...make(1n).W_dec]).toEqual([...make(1n).W_dec]);
    expect([...make(1n).W_dec]).not.toEqual([...make(2n).W_dec]);
  });
});
