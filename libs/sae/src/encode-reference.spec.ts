import { decode } from './decode.ts';
import { encodeReference } from './encode-reference.ts';
import { featureRows } from './feature-rows.ts';
import type { Sae } from './sae.ts';
import { createNoise, noiseArray, randomSae } from './testing/random-sae.ts';

/** d_in 2, d_sae 3: pre = [x0 − 1, x1 + 0.5, x0 + x1] by hand, with b_dec = [1, 0] subtracted first. */
function handSae(architecture: Sae['cfg']['architecture'], overrides = {}): Sae {
  return {
    ...randomSae(architecture, { d_in: 2, d_sae: 3, ...(architecture === 'topk' && { k: 2 }), ...overrides }),
    W_enc: Float32Array.of(1, 0, 1, 0, 1, 1),
    b_enc: Float32Array.of(0, 0.5, 1),
    W_dec: Float32Array.of(3, 4, 0, 1, 2, 0),
    b_dec: Float32Array.of(1, 0),
    ...(architecture === 'jumprelu' && { threshold: Float32Array.of(2, 0, 3) }),
  };
}

describe('encodeReference', () => {
  test('keeps the k largest and decodes them by hand-computed numbers', () => {
    const sae = handSae('topk');
    const acts = encodeReference(sae, Float32Array.of(3, 1), 1); // pre = [2, 1.5, 4]
    expect(Array.from(acts.indices)).toEqual([0, 2]);
    expect(Array.from(acts.values)).toEqual([2, 4]);
    expect(Array.from(decode(sae, acts))).toEqual([2 * 3 + 4 * 2 + 1, 2 * 4]);
  });

  test('drops what is not positive after selection', () => {
    const acts = encodeReference(handSae('topk', { k: 3 }), Float32Array.of(0, 1), 1); // pre = [−1, 1.5, 1]
    expect(Array.from(acts.indices)).toEqual([1, 2]);
  });

  test('compares with the threshold strictly', () => {
    const acts = encodeReference(handSae('jumprelu'), Float32Array.of(3, 1), 1); // pre = [2, 1.5, 4]
    expect(Array.from(acts.indices)).toEqual([1, 2]);
  });

  test('keeps every positive value in a standard SAE', () => {
    const acts = encodeReference(handSae('standard'), Float32Array.of(3, -2), 1); // pre = [2, −1.5, 1]
    expect(Array.from(acts.values)).toEqual([2, 1]);
  });

  test('selects and decodes by norm-scaled activations where asked to', () => {
    const sae = handSae('topk', { k: 1, rescale_acts_by_decoder_norm: true });
    const acts = encodeReference(sae, Float32Array.of(3, 1), 1); // pre·‖W_dec‖ = [10, 1.5, 8]
    expect(Array.from(acts.indices)).toEqual([0]);
    expect(acts.values[0]).toBe(10);
    expect(Array.from(decode(sae, acts))).toEqual([2 * 3 + 1, 2 * 4]);
  });

  test('opens the gate and measures the magnitude of a gated SAE apart', () => {
    const sae: Sae = {
      ...handSae('gated'),
      b_enc: new Float32Array(3),
      b_gate: Float32Array.of(-1, -1, -3),
      b_mag: Float32Array.of(0.5, 5, 1),
      r_mag: Float32Array.of(Math.log(2), 0, 0),
    };
    // x_c W_enc = [2, 1, 3]: gates 1, 0 (closed), 0 (closed); magnitude 2·2 + 0.5.
    const acts = encodeReference(sae, Float32Array.of(3, 1), 1);
    expect(Array.from(acts.indices)).toEqual([0]);
    expect(acts.values[0]).toBeCloseTo(4.5, 6);
  });

  test('refuses k above d_sae and a bias that a gated SAE would ignore', () => {
    const x = new Float32Array(2);
    expect(() => encodeReference(handSae('topk', { k: 4 }), x, 1)).toThrow(/k is 4.*d_sae 3/);
    expect(() => encodeReference(handSae('gated'), x, 1)).toThrow(/b_enc\[1\] is 0.5; a gated SAE/);
  });
});

describe('featureRows', () => {
  test.each(['jumprelu', 'standard', 'gated'] as const)(
    'encode alone what the whole %s SAE encodes',
    (architecture) => {
      const sae = randomSae(architecture);
      const x = noiseArray(createNoise(4), 10);
      const whole = encodeReference(sae, x, 1);
      const rows = featureRows(
        sae,
        Array.from({ length: 37 }, (_, i) => i),
      );
      const active = [];
      for (let i = 0; i < 37; i++) {
        const z = rows.W_enc_rows.subarray(i * 10, (i + 1) * 10).reduce(
          (sum, w, j) => sum + w * x[j],
          rows.b_enc[i],
        );
        if (z > rows.threshold[i] && z > 0) active.push(i);
      }
      expect(active).toEqual(Array.from(whole.indices));
      expect(active.length).toBeGreaterThan(3);
    },
  );

  test('gives topk its calibrated threshold and says so; refuses without one', () => {
    const sae = randomSae('topk', { metadata: { inference_threshold: 0.75 } });
    const rows = featureRows(sae, [3, 1]);
    expect(rows.threshold_source).toBe('calibrated-threshold');
    expect(Array.from(rows.threshold)).toEqual([0.75, 0.75]);
    expect(rows.W_dec_rows.subarray(0, 10)).toEqual(sae.W_dec.subarray(30, 40));
    expect(() => featureRows(randomSae('topk'), [0])).toThrow(/no calibrated threshold/);
  });

  test('names a feature that does not exist', () => {
    expect(() => featureRows(randomSae('standard'), [70_000])).toThrow(
      /feature 70000 does not exist; d_sae is 37/,
    );
  });
});
