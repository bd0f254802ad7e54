import { FacetError, quote } from '@facet/errors';
import { alignedTo, decodeFloats } from './floats.ts';
import { parseSafetensorsHeader, type SafetensorsHeader, type TensorEntry } from './safetensors-header.ts';

/** A whole safetensors file in memory; tensors are views of it where they lie aligned, copies elsewhere. */
export interface SafetensorsView {
  header: SafetensorsHeader;
  /** The tensor's bytes as stored. */
  raw(name: string): Uint8Array;
  /** F32, F16 or BF16 as f32; other types are refused. */
  f32(name: string): Float32Array;
  /** F16 or BF16 codes as stored. */
  u16(name: string): Uint16Array;
  i32(name: string): Int32Array;
  u8(name: string): Uint8Array;
}

/** Parses the bytes of a whole safetensors file; `source` names it in errors. */
export function parseSafetensors(bytes: Uint8Array, source: string): SafetensorsView {
  const header = parseSafetensorsHeader(bytes, bytes.byteLength, source);
  const raw = (name: string, ...dtypes: string[]) => {
    const { dtype, byteOffset, byteLength } = requireEntry(header, name, source);
    if (dtypes.length > 0 && !dtypes.includes(dtype))
      throw new FacetError(
        'invalid',
        `${source} stores tensor ${name} as ${dtype}; expected ${dtypes.join(' or ')}`,
      );
    return bytes.subarray(byteOffset, byteOffset + byteLength);
  };
  return {
    header,
    raw: (name) => raw(name),
    f32: (name) =>
      decodeFloats(raw(name), header.entries.get(name)!.dtype, `tensor ${quote(name)} of ${source}`),
    u16: (name) => {
      const view = alignedTo(raw(name, 'F16', 'BF16', 'U16'), 2);
      return new Uint16Array(view.buffer, view.byteOffset, view.byteLength / 2);
    },
    i32: (name) => {
      const view = alignedTo(raw(name, 'I32'), 4);
      return new Int32Array(view.buffer, view.byteOffset, view.byteLength / 4);
    },
    u8: (name) => raw(name, 'U8', 'BOOL'),
  };
}

/** Finds a tensor by name or throws `invalid` naming the file and what it holds. */
export function requireEntry(header: SafetensorsHeader, name: string, source: string): TensorEntry {
  const entry = header.entries.get(name);
  if (entry) return entry;
  const names = [...header.entries.keys()];
  const known = names.slice(0, 8).join(', ') + (names.length > 8 ? `, … (${names.length})` : '');
  throw new FacetError('invalid', `${source} has no tensor ${quote(name)}; it holds ${known || 'none'}`, {
    reason: 'TENSOR_MISSING',
  });
}
