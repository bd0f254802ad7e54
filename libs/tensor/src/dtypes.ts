const BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

/** Element types, in safetensors spelling. */
export type DType = keyof typeof BYTES;

/** The JavaScript arrays that hold tensor elements. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Tells how many bytes one element of `dtype` takes. */
export function dtypeBytes(dtype: DType): number {
  return BYTES[dtype];
}

/** Tells whether `name` is an element type that Facet reads. */
export function isDType(name: string): name is DType {
  return Object.hasOwn(BYTES, name);
}

/** Multiplies the extents of `shape`; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
