import { FacetError } from '@facet/errors';
import type { NumberDType } from '../decode-numbers.ts';
import type { PickleStorage, PickleTensor, PickleValue } from './pickle-values.ts';

/** Element types of torch's storage classes; other classes are refused. */
export const STORAGE_DTYPES: Readonly<Record<string, NumberDType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
};

/**
 * What the functions of the allow-list would make of their arguments, made here by our own code. A pickle calls functions by name;
 * only these names are known, and what they do in Python never runs.
 */
const CALLS: Readonly<Record<string, (args: PickleValue[], fail: Failure) => PickleValue>> = {
  'collections.OrderedDict': (args, fail) =>
    args.length === 0 ? new Map() : fail('gives OrderedDict arguments'),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([data], fail) =>
    isTensor(data) ? data : fail('makes a parameter of something that is no tensor'),
};

/** Throws `invalid` naming the file and the problem. */
export type Failure = (problem: string) => never;

/** Whether a pickle may refer to `name`. */
export function isAllowedGlobal(name: string): boolean {
  return Object.hasOwn(CALLS, name) || Object.hasOwn(STORAGE_DTYPES, name.replace(/^torch\./, ''));
}

/** Makes what a call of `name` stands for. */
export function callGlobal(name: string, args: PickleValue[], fail: Failure): PickleValue {
  return Object.hasOwn(CALLS, name) ? CALLS[name](args, fail) : fail(`calls ${name}, which is no function`);
}

/** Makes the storage that a persistent id stands for: ('storage', class, key, location, elements). */
export function resolveStorage(id: PickleValue, fail: Failure): PickleStorage {
  if (!Array.isArray(id) || id.length !== 5 || id[0] !== 'storage')
    fail('refers to something that is no storage');
  const [, type, key, , elements] = id as PickleValue[];
  if (!isGlobal(type) || !type.name.startsWith('torch.')) fail('refers to a storage of an unknown class');
  if (typeof key !== 'string' || !/^\d{1,9}$/.test(key))
    fail('names a storage by something that is no number');
  if (!isSize(elements)) fail(`gives the storage ${key} a size that is no whole number`);
  return { kind: 'storage', type: type.name.slice('torch.'.length), key, elements };
}

/** Whether a value is a tensor. */
export function isTensor(value: PickleValue | undefined): value is PickleTensor {
  return isRecord(value) && value.kind === 'tensor';
}

/** Whether a value is a name of the allow-list. */
export function isGlobal(value: PickleValue | undefined): value is Extract<PickleValue, { kind: 'global' }> {
  return isRecord(value) && value.kind === 'global';
}

/** Makes the error thrower of a file. */
export function failing(source: string): Failure {
  return (problem) => {
    throw new FacetError(
      'invalid',
      `${source} ${problem}; it is not the state_dict of an SAE as torch.save writes it`,
      {
        reason: 'PICKLE_REFUSED',
      },
    );
  };
}

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks[, metadata]). */
function rebuildTensor(args: PickleValue[], fail: Failure): PickleTensor {
  const [storage, offset, shape, strides] = args;
  if (!isRecord(storage) || storage.kind !== 'storage')
    fail('makes a tensor of something that is no storage');
  if (!isSize(offset)) fail('gives a tensor an offset that is no whole number');
  if (!isSizes(shape) || !isSizes(strides) || shape.length !== strides.length) {
    fail('gives a tensor a shape and strides that do not belong together');
  }
  return { kind: 'tensor', storage, offset, shape, strides };
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}

function isSize(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: PickleValue | undefined): value is Extract<PickleValue, { kind: string }> {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
