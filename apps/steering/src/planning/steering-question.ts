import type { FeatureEdit } from '../edits/feature-edit.ts';
import type { Pin } from './pinned-saes.ts';

/** What is asked to be edited in which model. */
export interface SteeringQuestion {
  /** Resource name; empty: the model of the edits' SAE. */
  model: string;
  edits: readonly FeatureEdit[];
  /** Names the request field of an edit, for errors. */
  fieldOf: (edit: number) => string;
  /** Binds edits of a profile to their SAEs. @default the edits are of the request */
  pin?: Pin | undefined;
}
