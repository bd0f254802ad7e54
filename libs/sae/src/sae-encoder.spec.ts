import { encodeReference } from './encode-reference.ts';
import type { Sae } from './sae.ts';
import { createSaeEncoder } from './sae-encoder.ts';
import { createNoise, noiseArray, randomSae } from './testing/random-sae.ts';

const cases: [string, Sae][] = [
  ['topk', randomSae('topk')],
  ['topk with k = d_sae', randomSae('topk', { k: 37 })],
  ['topk on the raw input', randomSae('topk', { apply_b_dec_to_input: false })],
  ['topk with rescaled selection', randomSae('topk', { rescale_acts_by_decoder_norm: true })],
  ['wide topk', randomSae('topk', { d_in: 64, d_sae: 2048, k: 32 })],
  ['standard', randomSae('standard')],
  ['jumprelu', randomSae('jumprelu', { apply_b_dec_to_input: false })],
  ['batchtopk', randomSae('batchtopk')],
  ['batchtopk with rescaled selection', randomSae('batchtopk', { rescale_acts_by_decoder_norm: true })],
  ['matryoshka', randomSae('matryoshka')],
  ['gated', randomSae('gated')],
  ['gated on the raw input', randomSae('gated', { apply_b_dec_to_input: false })],
  ['jumprelu in several selections of a block', randomSae('jumprelu', { d_in: 4, d_sae: 4000 })],
  ['wide jumprelu', randomSae('jumprelu', { d_in: 66, d_sae: 2050 })],
];

describe('createSaeEncoder', () => {
  test.each(cases)('equals the reference: %s', async (_, sae) => {
    const rows = 700;
    const x = noiseArray(createNoise(9), rows * sae.cfg.d_in);
    const expected = encodeReference(sae, x, rows);
    const encoder = await createSaeEncoder(sae, { maxRows: 600 });
    const actual = await encoder.encode(x, rows);
    await encoder.close();
    expect(expected.indices.length).toBeGreaterThan(rows);
    expect(actual.offsets).toEqual(expected.offsets);
    expect(actual.indices).toEqual(expected.indices);
    const worst = actual.values.reduce((max, v, e) => Math.max(max, Math.abs(v - expected.values[e])), 0);
    expect(worst).toBeLessThan(2e-5);
  });

  test('breaks ties lowest index first', async () => {
    const sae = randomSae('topk', { d_in: 4, d_sae: 64, k: 3, apply_b_dec_to_input: false });
    sae.W_enc.fill(0.5);
    sae.b_enc.fill(0);
    const encoder = await createSaeEncoder(sae, { maxRows: 8 });
    const { indices, values } = await encoder.encode(Float32Array.of(1, 1, 1, 1), 1);
    await encoder.close();
    expect(Array.from(indices)).toEqual([0, 1, 2]);
    expect(Array.from(values)).toEqual([2, 2, 2]);
  });

  test('answers calls made at once as if made one after the other', async () => {
    const sae = randomSae('topk');
    const noise = createNoise(3);
    const inputs = [noiseArray(noise, 20), noiseArray(noise, 20), noiseArray(noise, 20)];
    const encoder = await createSaeEncoder(sae, { maxRows: 2 });
    const together = await Promise.all(inputs.map((x) => encoder.encode(x, 2)));
    for (const [i, x] of inputs.entries()) expect(together[i]).toEqual(await encoder.encode(x, 2));
    await encoder.close();
  });

  test('refuses short and non-finite input, and goes on working', async () => {
    const encoder = await createSaeEncoder(randomSae('topk'), { maxRows: 2 });
    await expect(encoder.encode(new Float32Array(10), 2)).rejects.toThrow(/2 rows of d_in 10 need 20/);
    await expect(encoder.encode(new Float32Array(10).fill(Number.NaN), 1)).rejects.toThrow(/NaN/);
    expect((await encoder.encode(new Float32Array(10), 1)).rows).toBe(1);
    await encoder.close();
  });
});
