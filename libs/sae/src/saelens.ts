import { FacetError } from '@facet/errors';
import { parseSafetensors, requireFinite, serializeSafetensors } from '@facet/tensor';
import { checkSae, type Sae, type SaeConfig, usesThreshold } from './sae.ts';
import { formatSaelensConfig, parseSaelensConfig } from './saelens-config.ts';

/** The files of a SAELens SAE directory. */
export const SAELENS_CONFIG_FILE = 'cfg.json';
export const SAELENS_WEIGHTS_FILE = 'sae_weights.safetensors';
export const SAELENS_SPARSITY_FILE = 'sparsity.safetensors';

/** Tensors that old SAELens files carry without meaning for inference. */
const IGNORED_TENSORS = new Set(['scaling_factor']);

/**
 * Reads a SAELens SAE from its two files; `source` names it in errors. Shapes are checked against `cfg.json`
 * before any weight is converted; NaN and infinite weights, missing and unknown tensors are refused.
 */
export function readSaelens(files: { cfg: string; weights: Uint8Array }, source: string): Sae {
  const cfg = parseSaelensConfig(files.cfg, source);
  const file = parseSafetensors(files.weights, source);
  const shapes = tensorShapes(cfg);
  for (const name of file.header.entries.keys()) {
    if (!(name in shapes) && !IGNORED_TENSORS.has(name)) {
      throw new FacetError(
        'invalid',
        `${source}: a ${cfg.architecture} SAE has no tensor ${name}; is cfg.json its own?`,
      );
    }
  }
  const tensors: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const found = file.header.entries.get(name)?.shape;
    if (found === undefined)
      throw new FacetError('invalid', `${source}: the tensor ${name} [${shape}] is missing`);
    if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis])) {
      throw new FacetError(
        'invalid',
        `${source}: ${name} has shape [${found}]; cfg.json asks for [${shape}]`,
      );
    }
    tensors[name] = file.f32(name);
    requireFinite(tensors[name], `${source}: ${name}`);
  }
  const { W_enc, b_enc, W_dec, b_dec, threshold } = tensors;
  const sae: Sae = { cfg, W_enc, b_enc, W_dec, b_dec, ...(threshold && { threshold }) };
  checkSae(sae, source);
  return sae;
}

/**
 * Writes `sae` as the two files of a SAELens v6 directory; `weights` are chunks to be written one after the
 * other.
 */
export function writeSaelens(sae: Sae): { cfg: string; weights: Uint8Array[] } {
  checkSae(sae, 'sae');
  const tensors = Object.fromEntries(
    Object.entries(tensorShapes(sae.cfg)).map(([name, shape]) => {
      const data = sae[name as keyof Omit<Sae, 'cfg'>]!;
      requireFinite(data, `sae: ${name}`);
      return [name, { dtype: 'F32' as const, shape, data }];
    }),
  );
  return { cfg: formatSaelensConfig(sae.cfg), weights: serializeSafetensors(tensors) };
}

/** Renders `sparsity.safetensors`: log10 of every feature's firing frequency [d_sae]. */
export function writeSaelensSparsity(log10Frequency: Float32Array): Uint8Array[] {
  return serializeSafetensors({
    sparsity: { dtype: 'F32', shape: [log10Frequency.length], data: log10Frequency },
  });
}

function tensorShapes({ architecture, d_in, d_sae }: SaeConfig): Record<string, number[]> {
  const shapes = { W_enc: [d_in, d_sae], b_enc: [d_sae], W_dec: [d_sae, d_in], b_dec: [d_in] };
  return usesThreshold(architecture) ? { ...shapes, threshold: [d_sae] } : shapes;
}
