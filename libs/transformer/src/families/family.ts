import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import type { ModelWeights } from '../weights/model-weights.ts';
import type { TensorSource } from '../weights/tensor-source.ts';

/** One family of models: how its config.json and its tensors become what graphs are written from. */
export interface Family {
  /** Its class with a language model head, as `architectures` names it. */
  architecture: string;
  /** Reads a config; a key that is not read is refused where it would change what is computed (see config-checks.ts). */
  read(config: ConfigReader): FamilyModel;
}

/** A model of a family, as its config says. */
export interface FamilyModel {
  spec: ModelSpec;
  /** Takes every weight by its name and shape. */
  takeWeights(tensors: TensorSource): ModelWeights;
  /** Names of tensors that checkpoints of the family store and that are not used, such as masks. */
  unused?: RegExp;
  /** Where transformers computes otherwise than is computed here, in sentences for an operator. */
  warnings?: readonly string[];
}
