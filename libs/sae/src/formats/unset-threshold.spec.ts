import { encodeReference } from '../encode-reference.ts';
import { featureRows } from '../feature-rows.ts';
import { lacksThreshold, withThreshold } from '../sae.ts';
import { createSaeEncoder } from '../sae-encoder.ts';
import { readSaelens, writeSaelens } from '../saelens.ts';
import { memoryFiles } from '../testing/memory-files.ts';
import { randomSae } from '../testing/random-sae.ts';
import { readSae, writeSae } from './formats.ts';

const K = 5;

/** A dictionary of BatchTopKSAE as a short training leaves it: its tensors are those of AutoEncoderTopK, its threshold is −1. */
function neverSet(trainer: object = {}) {
  const topk = randomSae('topk', { k: K });
  const { files } = writeSae(topk, 'dictionary-learning');
  const config = JSON.parse(Buffer.concat(files['config.json']!).toString());
  config.trainer = {
    ...config.trainer,
    trainer_class: 'BatchTopKTrainer',
    dict_class: 'BatchTopKSAE',
    ...trainer,
  };
  return { topk, files: memoryFiles({ ...files, 'config.json': [Buffer.from(JSON.stringify(config))] }) };
}

describe('a batchtopk SAE whose threshold was never set', () => {
  test('is read as one that still lacks it, and never encodes as plain ReLU', async () => {
    const { files } = neverSet();
    const { sae } = await readSae('dictionary-learning', files);
    expect(sae.cfg).toMatchObject({ architecture: 'batchtopk', k: K });
    expect(lacksThreshold(sae)).toBe(true);
    const missing = { kind: 'precondition', reason: 'THRESHOLD_MISSING' };
    await expect(createSaeEncoder(sae, { maxRows: 1 })).rejects.toMatchObject(missing);
    for (const use of [
      () => encodeReference(sae, new Float32Array(10), 1),
      () => featureRows(sae, [0]),
      () => writeSae(sae, 'saelens'),
      () => writeSae(sae, 'gemma-scope'),
    ])
      expect(use).toThrow(expect.objectContaining(missing));
  });

  test('is stored and read back as it is, and works once it has a threshold', async () => {
    const { files, topk } = neverSet();
    const { sae } = await readSae('dictionary-learning', files);
    const { cfg, weights } = writeSaelens(sae);
    const back = readSaelens({ cfg, weights: new Uint8Array(Buffer.concat(weights)) }, 'stored');
    expect(lacksThreshold(back)).toBe(true);
    expect(back.W_enc).toEqual(topk.W_enc);
    const calibrated = withThreshold(back, { value: 0.75, rows: 10 });
    expect(lacksThreshold(calibrated)).toBe(false);
    const { values } = encodeReference(
      calibrated,
      Float32Array.from({ length: 10 }, (_, j) => j / 3),
      1,
    );
    expect(values.length).toBeGreaterThan(0);
    expect(Math.min(...values)).toBeGreaterThan(0.75);
    expect(JSON.parse(writeSaelens(calibrated).cfg).architecture).toBe('jumprelu');
  });

  test('is refused where no usable k says how many features fire', async () => {
    const refused = { kind: 'invalid', message: expect.stringMatching(/\bk\b/) };
    for (const k of [0, 99, 2.5])
      await expect(readSae('dictionary-learning', neverSet({ k }).files)).rejects.toMatchObject(refused);
  });
});

describe('the weights file', () => {
  test('has another hash where it is read in another way', () => {
    const headers = [
      randomSae('topk', { k: 5 }),
      randomSae('topk', { k: 6 }),
      randomSae('topk', { k: 5, apply_b_dec_to_input: false }),
      randomSae('topk', { k: 5, rescale_acts_by_decoder_norm: true }),
      randomSae('standard'),
    ].map((sae) => Buffer.from(writeSaelens(sae).weights[0]!).toString('latin1'));
    expect(new Set(headers).size).toBe(headers.length);
    const [again] = writeSaelens(randomSae('topk', { k: 5 })).weights;
    expect(Buffer.from(again!).toString('latin1')).toBe(headers[0]);
  });
});
