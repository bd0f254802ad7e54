import { FacetError } from '@facet/errors';
import { createRandom } from '@facet/random';
import {
  createSaeEncoder,
  decode,
  isBatchwise,
  lacksThreshold,
  type ReadSae,
  type SparseActivations,
  withThreshold,
} from '@facet/sae';
import { serializeSafetensors } from '@facet/tensor';
import { z } from 'zod';

/** Files of what an import compared, beside those of the SAE. */
export const PARITY_FILE = 'parity.json';
export const PROBES_FILE = 'parity.safetensors';

/** `parity.json`: how exactly the service reproduces an imported SAE on probe rows. */
export const paritySchema = z.object({
  probeRows: z.number().int().positive(),
  maxEncodeDifference: z.number(),
  maxDecodeDifference: z.number(),
  boundaryFeatures: z.number().int().nonnegative().default(0),
  relativeEncodeDifference: z.number().default(Number.NaN),
  relativeDecodeDifference: z.number().default(Number.NaN),
});
export type Parity = z.infer<typeof paritySchema>;

/** What was compared, and the probe rows with the service's answers, to compare again later. */
export interface MeasuredParity {
  parity: Parity;
  /** `parity.safetensors`: x, offsets, indices, values, x_hat. */
  probes: Uint8Array[];
}

/** Probe rows are few, for the reference is plain JavaScript: enough to touch every weight. */
export const PROBE_ROWS = 8;
/** Largest difference, relative to the largest value, that an import may have. */
const MAX_RELATIVE_DIFFERENCE = 1e-4;

/**
 * Compares the service's encoder and decoder (f32) with the source's own equations (f64) on seeded rows around b_dec; refuses a
 * relative difference above 1e-4. A feature that fires on one side only is left out where the source has it within that
 * tolerance of switching: rounding decides there. Both decoders get the same features. Where a threshold is still to be calibrated, 0
 * stands for it on both sides.
 */
export async function measureParity({ sae, model }: ReadSae, source: string): Promise<MeasuredParity> {
  const { d_in } = sae.cfg;
  const x = probeRows(d_in, sae.b_dec);
  const isOpen = isBatchwise(sae.cfg.architecture) && lacksThreshold(sae);
  const whole = isOpen ? withThreshold(sae, { value: 0, rows: 0 }) : sae;
  const encoder = await createSaeEncoder(whole, { maxRows: PROBE_ROWS });
  const actual = await encoder.encode(x, PROBE_ROWS).finally(() => encoder.close());
  const x_hat = decode(sae, actual);
  const encoded = new Difference();
  const decoded = new Difference();
  let boundaryFeatures = 0;
  for (let r = 0; r < PROBE_ROWS; r++) {
    const expected = model.encode(Float64Array.from(x.subarray(r * d_in, (r + 1) * d_in)));
    const features = denseRow(actual, r, sae.cfg.d_sae);
    const tolerance = MAX_RELATIVE_DIFFERENCE * largestOf(expected.f);
    for (let i = 0; i < features.length; i++) {
      const oneSided = features[i] > 0 !== expected.f[i] > 0;
      if (oneSided && expected.margin[i] <= tolerance) boundaryFeatures++;
      else encoded.add(features[i], expected.f[i]);
    }
    const rebuilt = model.decode(features);
    for (let j = 0; j < d_in; j++) decoded.add(x_hat[r * d_in + j], rebuilt[j]);
  }
  requireEqual(encoded, decoded, source);
  const parity: Parity = {
    probeRows: PROBE_ROWS,
    maxEncodeDifference: encoded.absolute,
    maxDecodeDifference: decoded.absolute,
    boundaryFeatures,
    relativeEncodeDifference: encoded.relative,
    relativeDecodeDifference: decoded.relative,
  };
  return { parity, probes: writeProbes({ x, actual, x_hat, d_in }) };
}

/** The largest difference of two series, and the largest value that was expected. */
class Difference {
  absolute = 0;
  private largest = 0;

  add(actual: number, expected: number): void {
    const difference = Math.abs(actual - expected);
    // Written so that NaN is kept and refused.
    if (!(difference <= this.absolute)) this.absolute = difference;
    this.largest = Math.max(this.largest, Math.abs(expected));
  }

  get relative(): number {
    return this.largest > 0 ? this.absolute / this.largest : this.absolute;
  }
}

function requireEqual(encoded: Difference, decoded: Difference, source: string): void {
  if (encoded.relative <= MAX_RELATIVE_DIFFERENCE && decoded.relative <= MAX_RELATIVE_DIFFERENCE) return;
  const message =
    `${source} is not reproduced: encode differs by ${encoded.absolute}, decode by ${decoded.absolute}, ` +
    `more than ${MAX_RELATIVE_DIFFERENCE} of the largest value`;
  throw new FacetError('precondition', message, { reason: 'IMPORT_PARITY' });
}

function probeRows(d_in: number, b_dec: Float32Array): Float32Array {
  const random = createRandom(0n);
  return Float32Array.from({ length: PROBE_ROWS * d_in }, (_, at) => b_dec[at % d_in] + random.gaussian());
}

function denseRow({ offsets, indices, values }: SparseActivations, r: number, d_sae: number): Float64Array {
  const row = new Float64Array(d_sae);
  for (let e = offsets[r]; e < offsets[r + 1]; e++) row[indices[e]] = values[e];
  return row;
}

function largestOf(values: Float64Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

interface Probes {
  x: Float32Array;
  actual: SparseActivations;
  x_hat: Float32Array;
  d_in: number;
}

function writeProbes({ x, actual, x_hat, d_in }: Probes): Uint8Array[] {
  const { offsets, indices, values } = actual;
  return serializeSafetensors({
    x: { dtype: 'F32', shape: [PROBE_ROWS, d_in], data: x },
    offsets: { dtype: 'U32', shape: [offsets.length], data: offsets },
    indices: { dtype: 'U32', shape: [indices.length], data: indices },
    values: { dtype: 'F32', shape: [values.length], data: values },
    x_hat: { dtype: 'F32', shape: [PROBE_ROWS, d_in], data: x_hat },
  });
}
