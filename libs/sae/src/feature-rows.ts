import { FacetError } from '@facet/errors';
import { checkSae, type Sae } from './sae.ts';
import { type ThresholdForm, thresholdForm } from './threshold-form.ts';

/** Where the thresholds of some feature rows come from; shown to users, for nothing is silent. */
export type ThresholdSource = 'relu' | 'stored' | 'calibrated-threshold';

/**
 * What an intervention needs to encode and write n features alone: f = [z > threshold]·ReLU(z), z =
 * x·W_enc_rowsᵀ + b_enc.
 */
export interface FeatureRows {
  features: number;
  /** [n, d_in]; the encoder columns of the features, as rows. */
  W_enc_rows: Float32Array;
  /** [n]; with −b_dec·W_enc folded in where the SAE subtracts b_dec from its input. */
  b_enc: Float32Array;
  /** [n]; 0 for ReLU, the stored threshold (gated: the one that stands for its gate), or for topk the calibrated one. */
  threshold: Float32Array;
  /** [n, d_in]; the directions of the features. */
  W_dec_rows: Float32Array;
  threshold_source: ThresholdSource;
}

/**
 * Gathers encoder rows, biases, thresholds and directions of the features `indices`, so that each can be
 * encoded alone. A topk SAE answers with `cfg.metadata.inference_threshold` and is refused (precondition)
 * where it has none.
 */
export function featureRows(sae: Sae, indices: ArrayLike<number>): FeatureRows {
  checkSae(sae, 'sae');
  const { d_in } = sae.cfg;
  const n = indices.length;
  const form = thresholdForm(sae);
  const { source, of } = thresholds(sae, form);
  const rows: FeatureRows = {
    features: n,
    W_enc_rows: new Float32Array(n * d_in),
    b_enc: new Float32Array(n),
    threshold: new Float32Array(n),
    W_dec_rows: new Float32Array(n * d_in),
    threshold_source: source,
  };
  for (let row = 0; row < n; row++) {
    const i = indices[row];
    requireFeature(sae, i);
    gatherRow({ sae, form }, i, row, rows);
    rows.threshold[row] = of(i);
  }
  return rows;
}

interface Source {
  sae: Sae;
  form: ThresholdForm;
}

function gatherRow({ sae, form }: Source, i: number, row: number, rows: FeatureRows): void {
  const { d_in, d_sae, apply_b_dec_to_input, rescale_acts_by_decoder_norm } = sae.cfg;
  const direction = sae.W_dec.subarray(i * d_in, (i + 1) * d_in);
  const scale = form.scale?.[i] ?? 1;
  const norm = rescale_acts_by_decoder_norm ? scale : 1;
  let bias = form.bias[i];
  for (let j = 0; j < d_in; j++) {
    const w = sae.W_enc[j * d_sae + i] * scale;
    if (apply_b_dec_to_input) bias -= sae.b_dec[j] * w;
    rows.W_enc_rows[row * d_in + j] = w;
    rows.W_dec_rows[row * d_in + j] = direction[j] / norm;
  }
  rows.b_enc[row] = bias;
}

function thresholds(
  { cfg }: Sae,
  { threshold }: ThresholdForm,
): { source: ThresholdSource; of: (i: number) => number } {
  if (threshold) return { source: 'stored', of: (i) => threshold[i] };
  if (cfg.architecture !== 'topk') return { source: 'relu', of: () => 0 };
  const calibrated = cfg.metadata.inference_threshold;
  if (typeof calibrated !== 'number' || !Number.isFinite(calibrated)) {
    throw new FacetError(
      'precondition',
      'this topk SAE has no calibrated threshold, so a feature cannot be encoded alone; ' +
        'index it on an activation set of its model (facet index), which calibrates one',
      { reason: 'INFERENCE_THRESHOLD_MISSING' },
    );
  }
  return { source: 'calibrated-threshold', of: () => calibrated };
}

function requireFeature({ cfg }: Sae, i: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= cfg.d_sae) {
    throw new FacetError('not-found', `feature ${i} does not exist; d_sae is ${cfg.d_sae}`, {
      reason: 'FEATURE_NOT_FOUND',
    });
  }
}
