import type { Sae, SaeMetadata } from '../sae.ts';
import type { SourceModel } from '../source-model.ts';

/** The file formats of SAEs, by the tool that they belong to. */
export const SAE_FORMATS = [
  'saelens',
  'sparsify',
  'gemma-scope',
  'gemma-scope-2',
  'dictionary-learning',
] as const;
export type SaeFormat = (typeof SAE_FORMATS)[number];

/** The files of one SAE, wherever they lie. */
export interface SaeFiles {
  /** The folder or file as it was asked for; names it in errors, and tells the layer where the format keeps it in its path. */
  source: string;
  /** Names of the files in its folder. */
  names: readonly string[];
  /** The file that was asked for; absent where a folder was. */
  weights?: string | undefined;
  /** Reads a file whole; refuses one of more than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Uint8Array>;
}

/** What files cannot say by themselves. */
export interface ReadOptions {
  /** The factor that inputs were multiplied by in training (`expected_average_only_in`): √d_in / mean ‖x‖. */
  inputScale?: number | undefined;
  /** `model_type` of the model, where it is known: the same name of a module means different places in different families. */
  modelType?: string | undefined;
}

/** An SAE as it was read. */
export interface ReadSae {
  sae: Sae;
  /** The same SAE by the equations of its own format, on the tensors as stored. */
  model: SourceModel;
  /** What was converted, a sentence each; empty where nothing was. */
  conversions: readonly string[];
  /** Why what the source reads is no hook point; there is no `hook_name` in its metadata then, unless Facet kept one. */
  hookProblem?: string | undefined;
}

/** The files of an SAE to be written. */
export interface WrittenSae {
  /** By name; chunks to be written one after the other. */
  files: Readonly<Record<string, readonly Uint8Array[]>>;
  /** What was converted, a sentence each; empty where nothing was. */
  conversions: readonly string[];
}

/** How one format is read and written. */
export interface SaeCodec {
  /** The file that holds the weights, and tells the format. */
  weightsFile: string;
  read(files: SaeFiles, options: ReadOptions): Promise<ReadSae>;
  /** Refuses (precondition) what the format cannot say. */
  write(sae: Sae): WrittenSae;
}

/** Largest weights file that is read: it is held in memory whole. */
export const MAX_WEIGHTS_BYTES = 2 ** 32;

/** Where configurations of other tools keep what only Facet knows; those tools ignore it. */
export const FACET_METADATA_KEY = 'facet_metadata';

/** The metadata worth keeping in another tool's configuration. */
export function keptMetadata(metadata: SaeMetadata): SaeMetadata {
  const { model_name, hook_name, context_size, prepend_bos, inference_threshold } = metadata;
  const kept: SaeMetadata = { model_name, hook_name, context_size, prepend_bos, inference_threshold };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

/** Encodes a configuration as the one chunk of a JSON file. */
export function jsonFile(config: unknown): Uint8Array[] {
  return [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)];
}
