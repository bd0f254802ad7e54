import { FacetError, quote } from '@facet/errors';
import { parseSafetensors, requireFinite } from '@facet/tensor';
import { decodeNumbers } from './decode-numbers.ts';

/** One tensor of a file of any container; nothing is converted before it is asked for. */
export interface StoredTensor {
  /** As the container spells it. */
  dtype: string;
  shape: readonly number[];
  /** Its values as f32, row-major. */
  f32(): Float32Array;
}

/** The tensors of a file of any container: safetensors, npz, or a torch archive. */
export interface TensorFile {
  /** Names the file in errors. */
  source: string;
  tensors: ReadonlyMap<string, StoredTensor>;
}

/** Which tensors a file must hold, by name. */
export type TensorShapes<K extends string> = Readonly<Record<K, readonly number[]>>;

/** Opens safetensors bytes as a tensor file; every check of `parseSafetensors` applies. */
export function openSafetensorsFile(bytes: Uint8Array, source: string): TensorFile {
  const view = parseSafetensors(bytes, source);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape } of view.header.entries.values()) {
    const what = `${source}: tensor ${quote(name)}`;
    tensors.set(name, { dtype, shape, f32: () => decodeNumbers(view.raw(name), dtype, what) });
  }
  return { source, tensors };
}

/**
 * Takes exactly the tensors of `shapes` (and, where they are there, `ignored` ones are left aside): missing, unknown,
 * misshapen and non-finite ones are refused by name. `what` says what asks for them, e.g. `a topk SAE`.
 */
export function takeTensors<K extends string>(
  file: TensorFile,
  shapes: TensorShapes<K>,
  { what, ignored = [] }: { what: string; ignored?: readonly string[] },
): Record<K, Float32Array> {
  for (const name of file.tensors.keys()) {
    if (Object.hasOwn(shapes, name) || ignored.includes(name)) continue;
    throw new FacetError(
      'invalid',
      `${file.source}: ${what} has no tensor ${quote(name)}; is the configuration its own?`,
    );
  }
  const found = Object.entries<readonly number[]>(shapes).map(([name, shape]) => [
    name,
    takeTensor(file, name, shape),
  ]);
  return Object.fromEntries(found) as Record<K, Float32Array>;
}

/** Takes one tensor of exactly this shape as finite f32 values. */
export function takeTensor(file: TensorFile, name: string, shape: readonly number[]): Float32Array {
  const stored = requireTensor(file, name, shape);
  if (stored.shape.length !== shape.length || stored.shape.some((size, axis) => size !== shape[axis])) {
    throw new FacetError(
      'invalid',
      `${file.source}: ${name} has shape [${stored.shape}]; its configuration asks for [${shape}]`,
    );
  }
  const values = stored.f32();
  requireFinite(values, `${file.source}: ${name}`);
  return values;
}

/** The two extents of a matrix, before its configuration is known. */
export function matrixShape(file: TensorFile, name: string): readonly [number, number] {
  const { shape } = requireTensor(file, name, []);
  if (shape.length === 2) return [shape[0], shape[1]];
  throw new FacetError('invalid', `${file.source}: ${name} has shape [${shape}]; it must be a matrix`);
}

/** One finite number, from a tensor with a single element; undefined where there is no such tensor. */
export function takeScalar(file: TensorFile, name: string): number | undefined {
  const stored = file.tensors.get(name);
  if (!stored) return undefined;
  const elements = stored.shape.reduce((product, extent) => product * extent, 1);
  if (elements !== 1) {
    throw new FacetError(
      'invalid',
      `${file.source}: ${name} has shape [${stored.shape}]; it must be one number`,
    );
  }
  const values = stored.f32();
  requireFinite(values, `${file.source}: ${name}`);
  return values[0];
}

function requireTensor(file: TensorFile, name: string, shape: readonly number[]): StoredTensor {
  const stored = file.tensors.get(name);
  if (stored) return stored;
  const held = [...file.tensors.keys()].slice(0, 12).join(', ').slice(0, 200);
  const wanted = shape.length > 0 ? `${name} [${shape}]` : name;
  throw new FacetError(
    'invalid',
    `${file.source}: the tensor ${wanted} is missing; it holds ${held || 'none'}`,
  );
}
