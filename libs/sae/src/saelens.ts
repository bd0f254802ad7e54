import { requireFinite, serializeSafetensors } from '@facet/tensor';
import { asJumprelu } from './convert.ts';
import { checkStored, featureTensors, isBatchwise, type Sae, type SaeConfig } from './sae.ts';
import { formatSaelensConfig, parseSaelensConfig } from './saelens-config.ts';
import { openSafetensorsFile, takeTensors } from './tensor-file.ts';

/** The files of a SAELens SAE directory. */
export const SAELENS_CONFIG_FILE = 'cfg.json';
export const SAELENS_WEIGHTS_FILE = 'sae_weights.safetensors';
export const SAELENS_SPARSITY_FILE = 'sparsity.safetensors';

/**
 * Reads a SAELens SAE that Facet has written, from its two files; `source` names it in errors. Shapes are checked against
 * `cfg.json` before any weight is converted; NaN and infinite weights, missing and unknown tensors are refused.
 */
export function readSaelens(files: { cfg: string; weights: Uint8Array }, source: string): Sae {
  const cfg = parseSaelensConfig(files.cfg, source);
  const what = `a ${cfg.architecture} SAE`;
  const tensors = takeTensors(openSafetensorsFile(files.weights, source), storedShapes(cfg), { what });
  const { W_enc, W_dec, b_dec, ...perFeature } = tensors;
  const sae = { cfg, W_enc, b_enc: new Float32Array(cfg.d_sae), W_dec, b_dec, ...perFeature } as Sae;
  checkStored(sae, source);
  return sae;
}

/**
 * Writes `sae` as the two files of a SAELens v6 directory; `weights` are chunks to be written one after the other. batchtopk and
 * matryoshka are written as jumprelu, as SAELens does; where their threshold is not calibrated yet, as they are and without one.
 */
export function writeSaelens(sae: Sae): { cfg: string; weights: Uint8Array[] } {
  checkStored(sae, 'sae');
  const published = isBatchwise(sae.cfg.architecture) && sae.threshold ? asJumprelu(sae) : sae;
  const tensors = Object.fromEntries(
    Object.entries(storedShapes(published.cfg)).map(([name, shape]) => {
      const data = published[name as keyof Omit<Sae, 'cfg'>]!;
      requireFinite(data, `sae: ${name}`);
      return [name, { dtype: 'F32' as const, shape, data }];
    }),
  );
  return {
    cfg: formatSaelensConfig(published.cfg),
    weights: serializeSafetensors(tensors, readAs(published.cfg)),
  };
}

/**
 * How and where the tensors are read, for the header of their file: so its hash tells SAEs apart that differ in this alone, such
 * as in k, or as the same weights at two hook points.
 */
function readAs(cfg: SaeConfig): Record<string, string> {
  const { architecture, apply_b_dec_to_input, k, rescale_acts_by_decoder_norm } = cfg;
  const { hook_name } = cfg.metadata;
  const fields = { architecture, apply_b_dec_to_input, k, rescale_acts_by_decoder_norm, hook_name };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/** Renders `sparsity.safetensors`: log10 of every feature's firing frequency [d_sae]. */
export function writeSaelensSparsity(log10Frequency: Float32Array): Uint8Array[] {
  return serializeSafetensors({
    sparsity: { dtype: 'F32', shape: [log10Frequency.length], data: log10Frequency },
  });
}

/** The tensors of an architecture in SAELens's spelling. */
export function saelensShapes({ architecture, d_in, d_sae }: SaeConfig): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {
    W_enc: [d_in, d_sae],
    W_dec: [d_sae, d_in],
    b_dec: [d_in],
  };
  if (architecture !== 'gated') shapes.b_enc = [d_sae];
  for (const name of featureTensors(architecture)) shapes[name] = [d_sae];
  return shapes;
}

/** The tensors that Facet stores: an SAE that still is batchtopk or matryoshka there has no threshold yet. */
function storedShapes(cfg: SaeConfig): Record<string, readonly number[]> {
  const { threshold, ...shapes } = saelensShapes(cfg);
  return threshold === undefined || isBatchwise(cfg.architecture) ? shapes : { ...shapes, threshold };
}
