import { parseSafetensors, serializeSafetensors } from '@facet/tensor';
import type { PackedPartition } from './context-writer.ts';

/** Writes packed contexts as a safetensors file. */
export function encodeInput({ tokenIds, documents, lengths }: PackedPartition): Uint8Array[] {
  return serializeSafetensors({
    token_ids: { dtype: 'I32', shape: [tokenIds.length], data: tokenIds },
    document: { dtype: 'I32', shape: [documents.length], data: documents },
    length: { dtype: 'I32', shape: [lengths.length], data: lengths },
  });
}

/** Reads packed contexts; `source` names them in errors. */
export function decodeInput(bytes: Uint8Array, source: string): PackedPartition {
  const view = parseSafetensors(bytes, source);
  return { tokenIds: view.i32('token_ids'), documents: view.i32('document'), lengths: view.i32('length') };
}
