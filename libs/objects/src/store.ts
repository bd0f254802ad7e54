/**
 * A flat map from keys (`activationSets/a/shards/00000.safetensors`) to immutable-looking bytes.
 * A write is seen whole or not at all, by every process, also after a crash. A *prefix* is a folder: `a/b` covers `a/b/c`
 * and never `a/bc`. Every method throws `invalid` for a malformed key and the signal's reason once aborted.
 *
 * Every write gives its object a new *version*. Who must not lose what others wrote reads an object with its version and
 * writes or deletes with `ifMatch`; who makes something new writes with `ifAbsent`. Of all who do so at once, in any number
 * of processes, exactly one wins. On S3 these are ETag, If-Match and If-None-Match.
 */
export interface ObjectStore {
  /** The address it was opened with, without credentials. */
  readonly url: string;
  /** Reads an object, or a range of it; `not-found` where there is none. */
  read(key: string, options?: ReadOptions): Promise<Uint8Array>;
  /** As `read`, with the version that the bytes belong to. */
  readVersion(key: string, options?: ReadOptions): Promise<VersionedObject>;
  /** Writes an object atomically and durably; `exhausted` where the space ends, with nothing half-written. */
  write(
    key: string,
    data: Uint8Array | readonly Uint8Array[],
    options?: WriteOptions,
  ): Promise<WrittenObject>;
  /** Lists the objects below a prefix ("" for all), ordered by key, byte by byte. */
  list(prefix: string, options?: { signal?: AbortSignal }): AsyncIterable<ListedObject>;
  /** Lists the names of the folders directly below a prefix, in order, without looking into them. */
  listFolders(prefix: string): Promise<string[]>;
  exists(key: string): Promise<boolean>;
  /** Removes an object; nothing happens where there is none, unless `ifMatch` is given: then it is `aborted`. */
  delete(key: string, options?: Pick<Condition, 'ifMatch'>): Promise<void>;
  /** Removes every object below a prefix and tells how many there were. */
  deletePrefix(prefix: string): Promise<number>;
  /** Lists what writers have begun and not finished: those that are writing now, and those that were killed. */
  leftovers(): AsyncIterable<Leftover>;
}

export interface ReadOptions {
  /** The first byte. @default 0 */
  start?: number;
  /** One past the last byte; past the object's end it means the end. @default the object's end */
  end?: number;
  signal?: AbortSignal;
}

/** Under which circumstances an object is replaced. */
export interface Condition {
  /** Throws `exists` instead of replacing. @default false */
  ifAbsent?: boolean;
  /** Throws `aborted` where the object has another version, or is gone. @default any version */
  ifMatch?: string;
}

export interface WriteOptions extends Condition {
  signal?: AbortSignal;
}

export interface VersionedObject {
  data: Uint8Array;
  /** Opaque; another one after every write. */
  version: string;
}

export interface WrittenObject {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** As `readVersion` tells it until the next write. */
  version: string;
}

export interface ListedObject {
  key: string;
  bytes: number;
  /** When it was written, milliseconds since 1970 by the clock of the store. */
  modifiedMs: number;
}

/** What a writer has left that was killed: no object, and nothing of it is read. */
export interface Leftover {
  /** Its name, for people. */
  name: string;
  bytes: number;
  modifiedMs: number;
  remove(): Promise<void>;
}
