import { type DType, dtypeBytes, elementCount } from '@facet/tensor';
import type { Weight } from '../model-weights.ts';

/** Tensors begin at multiples of this, which is what processors and maps like. */
const ALIGNMENT = 4096;

/** Takes the next place in a file. */
export type TakePlace = (name: string, dtype: DType, shape: readonly number[]) => Weight;

/** Lays tensors one behind the other into `file`. */
export function createPlaces(file: string): { take: TakePlace; bytes(): number } {
  let at = 0;
  return {
    take(name, dtype, shape) {
      const byteLength = elementCount(shape) * dtypeBytes(dtype);
      const place: Weight = { name, dtype, shape: [...shape], file, byteOffset: at, byteLength };
      at = Math.ceil((at + byteLength) / ALIGNMENT) * ALIGNMENT;
      return place;
    },
    bytes: () => at,
  };
}
