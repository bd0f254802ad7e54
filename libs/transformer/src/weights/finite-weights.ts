import { FacetError } from '@facet/errors';
import { type DType, dtypeBytes, openSafetensors } from '@facet/tensor';
import { throwIfCancelled } from './model-text.ts';

/** Weights are scanned in pieces of this size, so that memory stays small for any checkpoint. */
const SCAN_BYTES = 8 * 1024 * 1024;

/** Per dtype: the bits of the exponent; all of them set means infinite or NaN. */
const EXPONENT: Partial<Record<DType, number>> = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 };

/**
 * Reads every float weight of the file at `path` once and refuses NaN and infinity, naming tensor and index.
 */
export async function requireFiniteWeights(path: string, signal?: AbortSignal): Promise<void> {
  const file = await openSafetensors(path);
  try {
    for (const { name, dtype, byteLength } of file.header.entries.values()) {
      const exponent = EXPONENT[dtype];
      if (exponent === undefined) continue;
      for (let start = 0; start < byteLength; start += SCAN_BYTES) {
        throwIfCancelled(signal, path);
        const bytes = await file.readRaw(name, { start, end: Math.min(start + SCAN_BYTES, byteLength) });
        const found = firstNonFinite(bytes, dtype, exponent);
        if (found < 0) continue;
        const index = start / dtypeBytes(dtype) + found;
        throw new FacetError('invalid', `${path} stores NaN or infinity in ${name} at index ${index}`, {
          reason: 'WEIGHT_NOT_FINITE',
        });
      }
    }
  } finally {
    await file.close();
  }
}

function firstNonFinite(bytes: Uint8Array, dtype: DType, exponent: number): number {
  const size = dtypeBytes(dtype);
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  const bits =
    size === 4
      ? new Int32Array(buffer, byteOffset, byteLength / size)
      : new Uint16Array(buffer, byteOffset, byteLength / size);
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & exponent) === exponent) return i;
  return -1;
}
