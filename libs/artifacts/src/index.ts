export {
  ACTIVATION_SET_KIND,
  type ActivationSet,
  type ActivationSetBody,
  activationSetBodySchema,
  finishActivationSet,
  openActivationSet,
} from './activation-set.ts';
export {
  type ActivationRows,
  type ActivationShard,
  type NewShard,
  type ShardRows,
  type StoredRows,
  type WrittenShard,
  writeActivationShard,
} from './activation-shard.ts';
export { createDeletedSaes, type DeletedSaes } from './deleted-saes.ts';
export {
  activationSetPrefix,
  inputFile,
  MAX_PARTITIONS,
  partitionFile,
  SET_STATE_FILE,
  saePrefix,
  shardFile,
} from './layout.ts';
export {
  listSaeArtifacts,
  openSaeArtifact,
  readSaeConfig,
  readSaeManifest,
  removeSaeArtifact,
  SAE_KIND,
  type SaeArtifact,
  type SaeBody,
  type SaeDetails,
  type SaeSource,
  type StoredSae,
  saeFilesPrefix,
  writeSaeArtifact,
} from './sae-artifact.ts';
export { calibratedSae, decideSaeFacts, type SaeFacts } from './sae-facts.ts';
export type { SaeIdentity } from './sae-identity.ts';
export {
  type ArtifactDescription,
  type ArtifactFiles,
  listUnpublishedAttempts,
  newAttempt,
  type Publication,
  publishArtifact,
  removeArtifact,
  type StagedAttempt,
} from './staged-artifact.ts';
