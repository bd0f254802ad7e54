import { FacetError } from '@facet/errors';
import { foldDirectionScale, foldInputScale } from '../convert.ts';
import { MAX_CONFIG_BYTES } from '../json-config.ts';
import { checkConfig, checkStored, featureTensors, isBatchwise, type Sae, type SaeConfig } from '../sae.ts';
import { SAELENS_CONFIG_FILE, SAELENS_WEIGHTS_FILE, saelensShapes, writeSaelens } from '../saelens.ts';
import { parseSaelensFile, type SaelensConfigFile } from '../saelens-config.ts';
import { openSafetensorsFile, type TensorFile, takeScalar, takeTensor, takeTensors } from '../tensor-file.ts';
import {
  MAX_WEIGHTS_BYTES,
  type ReadOptions,
  type ReadSae,
  type SaeCodec,
  type SaeFiles,
  type WrittenSae,
} from './sae-format.ts';
import { saelensModel } from './saelens-model.ts';

/** SAELens: `cfg.json` and `sae_weights.safetensors`, from the first flat layouts to v6, training checkpoints too. */
export const saelens: SaeCodec = { weightsFile: SAELENS_WEIGHTS_FILE, read, write };

/** Names under which finetuned SAEs of SAELens 1 to 5 keep the factors of their activations. */
const SCALING_NAMES = ['scaling_factor', 'finetuning_scaling_factor'];
/** Names under which training checkpoints keep thresholds. */
const TRAINING_THRESHOLDS = ['topk_threshold', 'log_threshold'];

async function read(files: SaeFiles, options: ReadOptions): Promise<ReadSae> {
  const { source } = files;
  const text = Buffer.from(await files.read(SAELENS_CONFIG_FILE, MAX_CONFIG_BYTES)).toString('utf8');
  const config = parseSaelensFile(text, source);
  const inputScale = inputScaleOf(config.cfg, options, source);
  const cfg: SaeConfig = { ...config.cfg, normalize_activations: 'none' };
  checkConfig(cfg, source);
  const bytes = await files.read(files.weights ?? SAELENS_WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
  const file = openSafetensorsFile(bytes, source);
  const { sae: stored, conversions } = readTensors(file, cfg);
  const factors = scalingFactors(file, config);
  let sae = stored;
  if (factors) {
    sae = foldDirectionScale(sae, factors);
    conversions.push('scaling_factor is folded into W_dec');
  }
  if (inputScale !== undefined) {
    sae = foldInputScale(sae, inputScale);
    conversions.push(`the input scale ${inputScale} is folded into W_enc, W_dec and b_dec`);
  }
  checkStored(sae, source);
  return { sae, model: saelensModel(stored, { factors, inputScale }), conversions };
}

function write(sae: Sae): WrittenSae {
  const { cfg, weights } = writeSaelens(sae);
  const { architecture } = sae.cfg;
  const converted = architecture === 'batchtopk' || architecture === 'matryoshka';
  return {
    files: { [SAELENS_CONFIG_FILE]: [Buffer.from(cfg)], [SAELENS_WEIGHTS_FILE]: weights },
    conversions: converted
      ? [`${architecture} is written as jumprelu with its threshold, as SAELens does`]
      : [],
  };
}

function inputScaleOf(cfg: SaeConfig, { inputScale }: ReadOptions, source: string): number | undefined {
  const { normalize_activations: normalization } = cfg;
  if (normalization === 'none') {
    if (inputScale === undefined) return undefined;
    const message = `${source}: an input scale is given, but normalize_activations is none; leave it out`;
    throw new FacetError('invalid', message, { field: 'input_scale' });
  }
  if (normalization !== 'expected_average_only_in') {
    const message =
      `${source}: normalize_activations ${normalization} differs from row to row, so it cannot be folded into the weights; ` +
      'train with expected_average_only_in or none';
    throw new FacetError('unimplemented', message, { reason: 'NORMALIZATION_UNSUPPORTED' });
  }
  if (inputScale !== undefined) return inputScale;
  const message =
    `${source}: normalize_activations is expected_average_only_in and its factor is in no file; ` +
    'give input_scale (√d_in / mean ‖x‖ of the rows it was trained on)';
  throw new FacetError('precondition', message, { field: 'input_scale', reason: 'INPUT_SCALE_MISSING' });
}

/** Takes the tensors; the threshold of a training checkpoint is a log or one number for all features. */
function readTensors(file: TensorFile, cfg: SaeConfig): { sae: Sae; conversions: string[] } {
  const { d_sae } = cfg;
  const conversions: string[] = [];
  const shapes = { ...saelensShapes(cfg) };
  const ignored = [...SCALING_NAMES];
  const perFeature: Partial<Sae> = {};
  const missing = featureTensors(cfg.architecture).includes('threshold') && !file.tensors.has('threshold');
  if (missing && isBatchwise(cfg.architecture)) delete shapes.threshold;
  if (missing && TRAINING_THRESHOLDS.some((name) => file.tensors.has(name))) {
    perFeature.threshold = trainingThreshold(file, d_sae);
    conversions.push('threshold is taken from the training checkpoint');
    delete shapes.threshold;
    ignored.push(...TRAINING_THRESHOLDS);
  }
  const tensors = takeTensors(file, shapes, { what: `a ${cfg.architecture} SAE`, ignored });
  return { sae: { cfg, b_enc: new Float32Array(d_sae), ...perFeature, ...tensors } as Sae, conversions };
}

function trainingThreshold(file: TensorFile, d_sae: number): Float32Array {
  if (TRAINING_THRESHOLDS.every((name) => file.tensors.has(name)))
    throw twice(file, TRAINING_THRESHOLDS[0], TRAINING_THRESHOLDS[1]);
  const shared = takeScalar(file, 'topk_threshold');
  if (shared !== undefined) return new Float32Array(d_sae).fill(shared);
  return takeTensor(file, 'log_threshold', [d_sae]).map(Math.exp);
}

/** The factors of a finetuned SAE; undefined where all are 1. As in SAELens, others need `finetuning_scaling_factor`. */
function scalingFactors(
  file: TensorFile,
  { cfg, finetuningScalingFactor }: SaelensConfigFile,
): Float32Array | undefined {
  const [name, second] = SCALING_NAMES.filter((candidate) => file.tensors.has(candidate));
  if (second !== undefined) throw twice(file, name, second);
  if (name === undefined && finetuningScalingFactor)
    throw new FacetError(
      'invalid',
      `${file.source}: finetuning_scaling_factor is true, but there is no tensor ${SCALING_NAMES[0]}; ` +
        'set it to false in cfg.json, or add the tensor',
      { reason: 'SAE_CONFIG_CONTRADICTORY' },
    );
  if (name === undefined) return undefined;
  const factors = takeTensor(file, name, [cfg.d_sae]);
  const at = factors.findIndex((factor) => Math.abs(factor - 1) > 1e-5);
  if (at < 0) return undefined;
  if (finetuningScalingFactor) return factors;
  throw new FacetError(
    'invalid',
    `${file.source}: ${name}[${at}] is ${factors[at]}, but finetuning_scaling_factor is false; set it to true in cfg.json, ` +
      'or remove the tensor',
  );
}

function twice({ source }: TensorFile, first: string, second: string): FacetError {
  return new FacetError(
    'invalid',
    `${source}: it holds both ${first} and ${second}; delete the one that is not meant`,
    {
      reason: 'SAE_CONFIG_CONTRADICTORY',
    },
  );
}
