import { asJumprelu, withInputBias } from '../convert.ts';
import { checkConfig, checkSae, type Sae, type SaeMetadata } from '../sae.ts';
import { affine, type SourceModel, thresholded } from '../source-model.ts';
import { matrixShape, type TensorFile, takeTensors } from '../tensor-file.ts';
import { requireArchitecture } from './writable.ts';

/** The five tensors of a Gemma Scope SAE under the names that its file has for them. */
export interface JumpreluNames {
  W_enc: string;
  b_enc: string;
  W_dec: string;
  b_dec: string;
  threshold: string;
}

/** Reads a jumprelu SAE of five tensors that reads its input as it is; `what` says what they make. */
export function readJumprelu(
  file: TensorFile,
  names: JumpreluNames,
  { metadata, what }: { metadata: SaeMetadata; what: string },
): { sae: Sae; model: SourceModel } {
  const [d_in, d_sae] = matrixShape(file, names.W_enc);
  const cfg: Sae['cfg'] = {
    architecture: 'jumprelu',
    d_in,
    d_sae,
    dtype: 'float32',
    apply_b_dec_to_input: false,
    normalize_activations: 'none',
    metadata,
  };
  checkConfig(cfg, file.source);
  const shapes = {
    [names.W_enc]: [d_in, d_sae],
    [names.b_enc]: [d_sae],
    [names.W_dec]: [d_sae, d_in],
    [names.b_dec]: [d_in],
    [names.threshold]: [d_sae],
  };
  const tensors = takeTensors(file, shapes, { what });
  const sae: Sae = {
    cfg,
    W_enc: tensors[names.W_enc],
    b_enc: tensors[names.b_enc],
    W_dec: tensors[names.W_dec],
    b_dec: tensors[names.b_dec],
    threshold: tensors[names.threshold],
  };
  checkSae(sae, file.source);
  return { sae, model: jumpreluModel(sae) };
}

/** f = ReLU(x W_enc + b_enc)·[x W_enc + b_enc > threshold]; x̂ = f W_dec + b_dec (Lieberum et al. 2024, §2). */
function jumpreluModel({ cfg: { d_in, d_sae }, W_enc, b_enc, W_dec, b_dec, threshold }: Sae): SourceModel {
  const encoder = { values: W_enc, inputs: d_in, outputs: d_sae, layout: 'input-output' } as const;
  const decoder = { values: W_dec, inputs: d_sae, outputs: d_in, layout: 'input-output' } as const;
  return {
    encode: (x) => thresholded(affine(encoder, x, b_enc), threshold),
    decode: (f) => affine(decoder, f, b_dec),
  };
}

/** Brings an SAE into the five tensors of jumprelu on the raw input; topk is refused, for it selects by comparison. */
export function toJumprelu(sae: Sae, format: string): { sae: Sae; conversions: string[] } {
  const { architecture } = sae.cfg;
  requireArchitecture(sae, format, ['standard', 'jumprelu', 'batchtopk', 'matryoshka', 'gated']);
  const conversions: string[] = [];
  if (architecture !== 'jumprelu')
    conversions.push(`${architecture} is written as jumprelu with the same features`);
  if (sae.cfg.apply_b_dec_to_input) {
    conversions.push(
      'b_enc has b_dec W_enc subtracted, for the format does not subtract b_dec from its input',
    );
  }
  return { sae: withInputBias(asJumprelu(sae), false), conversions };
}
