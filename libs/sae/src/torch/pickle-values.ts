/** What a pickle of tensors can hold; nothing of it is ever executed. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

/** A name that the pickle refers to; one of the allow-list. */
export interface PickleGlobal {
  kind: 'global';
  name: string;
}

/** A block of numbers that lies beside the pickle, in the archive. */
export interface PickleStorage {
  kind: 'storage';
  /** Storage class without its module, e.g. `FloatStorage`. */
  type: string;
  /** Name of its entry below `data/`. */
  key: string;
  /** Elements that it is said to have. */
  elements: number;
}

/** A strided view of a storage. */
export interface PickleTensor {
  kind: 'tensor';
  storage: PickleStorage;
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}
