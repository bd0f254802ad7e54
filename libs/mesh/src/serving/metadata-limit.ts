import { FacetError, quote } from '@facet/errors';
import type { Metadata } from 'nice-grpc-common';

/** Most bytes of a call's metadata, names and values: what other gRPC implementations accept by default. */
export const MAX_METADATA_BYTES = 8192;

/** Refuses metadata that is larger than 8 KiB; `invalid` names the largest entry. */
export function requireSmallMetadata(metadata: Metadata): void {
  let total = 0;
  let largest = { key: '', bytes: 0 };
  for (const [key, values] of metadata) {
    const bytes = values.reduce((sum, value) => sum + key.length + Buffer.byteLength(value), 0);
    total += bytes;
    if (bytes > largest.bytes) largest = { key, bytes };
  }
  if (total <= MAX_METADATA_BYTES) return;
  const message =
    `metadata: the call has ${total} bytes of it, ${largest.bytes} in ${quote(largest.key)}; ` +
    `at most ${MAX_METADATA_BYTES} are accepted`;
  throw new FacetError('invalid', message, { field: 'metadata', reason: 'METADATA_TOO_LARGE' });
}
