export { absentAsUndefined } from './absent-as-undefined.ts';
export { createDocuments, type DocumentKind, type Documents } from './documents.ts';
export { type FileStoreOptions, openFileStore } from './file-store.ts';
export {
  MAX_JSON_BYTES,
  readJson,
  readJsonVersion,
  updateJson,
  type VersionedJson,
  writeJson,
} from './json.ts';
export { MAX_KEY_LENGTH, requireKey } from './keys.ts';
export { type Lineage, lineageSchema, requireSameLineage } from './lineage.ts';
export {
  filesPrefix,
  MANIFEST_FILE,
  type Manifest,
  type ManifestFile,
  type ManifestSchema,
  readManifest,
  type StoredManifest,
  verifyFiles,
  verifyManifest,
  writeManifest,
} from './manifest.ts';
export { openObjectStore } from './open-object-store.ts';
export {
  findLeftovers,
  findStale,
  type KeepSweptOptions,
  keepSwept,
  type Orphan,
  type OrphanFinder,
} from './orphans.ts';
export type {
  Condition,
  Leftover,
  ListedObject,
  ObjectStore,
  ReadOptions,
  VersionedObject,
  WriteOptions,
  WrittenObject,
} from './store.ts';
