import { FacetError } from '@facet/errors';
import { createRandom } from '@facet/random';
import { createSaeEncoder, decode, encodeReference, type Sae, type SparseActivations } from '@facet/sae';
import { z } from 'zod';

/** `parity.json`: how exactly the service's encoder reproduces an imported SAE on probe rows. */
export const paritySchema = z.object({
  probeRows: z.number().int().positive(),
  maxEncodeDifference: z.number(),
  maxDecodeDifference: z.number(),
});
export type Parity = z.infer<typeof paritySchema>;

/** Probe rows are few, for the reference is plain JavaScript: enough to touch every weight. */
const PROBE_ROWS = 8;
/** Largest difference, relative to the largest value, that an import may have. */
const MAX_RELATIVE_DIFFERENCE = 1e-4;

/**
 * Compares the fast encoder with the f64 reference on seeded rows around b_dec; refuses a relative
 * difference above 1e-4.
 */
export async function measureParity(sae: Sae, source: string): Promise<Parity> {
  const x = probeRows(sae);
  const expected = encodeReference(sae, x, PROBE_ROWS);
  const encoder = await createSaeEncoder(sae, { maxRows: PROBE_ROWS });
  const actual = await encoder.encode(x, PROBE_ROWS);
  await encoder.close();
  const encode = difference(toDense(actual, sae.cfg.d_sae), toDense(expected, sae.cfg.d_sae));
  const decoded = difference(decode(sae, actual), decode(sae, expected));
  if (encode.relative > MAX_RELATIVE_DIFFERENCE || decoded.relative > MAX_RELATIVE_DIFFERENCE) {
    const message =
      `${source} is not reproduced: encode differs by ${encode.absolute}, decode by ${decoded.absolute}, ` +
      `more than ${MAX_RELATIVE_DIFFERENCE} of the largest value`;
    throw new FacetError('precondition', message, { reason: 'IMPORT_PARITY' });
  }
  return {
    probeRows: PROBE_ROWS,
    maxEncodeDifference: encode.absolute,
    maxDecodeDifference: decoded.absolute,
  };
}

function probeRows({ cfg: { d_in }, b_dec }: Sae): Float32Array {
  const random = createRandom(0n);
  return Float32Array.from({ length: PROBE_ROWS * d_in }, (_, at) => b_dec[at % d_in] + random.gaussian());
}

function toDense({ rows, offsets, indices, values }: SparseActivations, d_sae: number): Float32Array {
  const dense = new Float32Array(rows * d_sae);
  for (let r = 0; r < rows; r++) {
    for (let e = offsets[r]; e < offsets[r + 1]; e++) dense[r * d_sae + indices[e]] = values[e];
  }
  return dense;
}

function difference(actual: Float32Array, expected: Float32Array): { absolute: number; relative: number } {
  let absolute = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    absolute = Math.max(absolute, Math.abs(actual[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return { absolute, relative: largest > 0 ? absolute / largest : absolute };
}
