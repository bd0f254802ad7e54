import type { Tensor } from '@facet/contracts';

/** Reads the floats of an F32 tensor, wherever in memory its bytes lie; none for an absent one. */
export function f32Values(tensor: Tensor | undefined): number[] {
  if (tensor === undefined) return [];
  const { buffer, byteOffset, byteLength } = tensor.data;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
