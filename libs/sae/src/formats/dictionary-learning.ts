import { FacetError } from '@facet/errors';
import { transpose } from '../convert.ts';
import { type Architecture, checkConfig, checkStored, type Sae, type SaeConfig } from '../sae.ts';
import { matrixShape, type TensorFile, takeScalar, takeTensors } from '../tensor-file.ts';
import { openTorchFile } from '../torch/torch-archive.ts';
import { type DictClass, type DictionaryFacts, readFacts } from './dictionary-learning-config.ts';
import {
  type DictionarySizes,
  type DictionaryTensors,
  dictionaryModel,
  isMatrixClass,
} from './dictionary-learning-model.ts';
import { writeDictionary } from './dictionary-learning-write.ts';
import {
  MAX_WEIGHTS_BYTES,
  type ReadOptions,
  type ReadSae,
  type SaeCodec,
  type SaeFiles,
} from './sae-format.ts';

const WEIGHTS_FILE = 'ae.pt';

/** dictionary_learning: `config.json` and `ae.pt`, a state_dict as `torch.save` writes it. */
export const dictionaryLearning: SaeCodec = {
  weightsFile: WEIGHTS_FILE,
  read,
  write: (sae) => writeDictionary(sae, WEIGHTS_FILE),
};

/** How a class encodes, in SAELens's words. */
const ARCHITECTURES: Readonly<Record<DictClass, Architecture>> = {
  AutoEncoder: 'standard',
  AutoEncoderNew: 'standard',
  GatedAutoEncoder: 'gated',
  AutoEncoderTopK: 'topk',
  BatchTopKSAE: 'batchtopk',
  MatryoshkaBatchTopKSAE: 'matryoshka',
  JumpReluAutoEncoder: 'jumprelu',
};

/** The tensors of every class: `d` stands for [d_in], `F` for [d_sae]; matrices come besides. */
const VECTORS: Readonly<Record<DictClass, Readonly<Record<string, 'd' | 'F'>>>> = {
  AutoEncoder: { bias: 'd', 'encoder.bias': 'F' },
  AutoEncoderNew: { 'decoder.bias': 'd', 'encoder.bias': 'F' },
  GatedAutoEncoder: { decoder_bias: 'd', r_mag: 'F', gate_bias: 'F', mag_bias: 'F' },
  AutoEncoderTopK: { b_dec: 'd', 'encoder.bias': 'F' },
  BatchTopKSAE: { b_dec: 'd', 'encoder.bias': 'F' },
  MatryoshkaBatchTopKSAE: { b_dec: 'd', b_enc: 'F' },
  JumpReluAutoEncoder: { b_dec: 'd', b_enc: 'F', threshold: 'F' },
};

/** Tensors of one number, or of how an SAE was trained. */
const ASIDE: Readonly<Partial<Record<DictClass, readonly string[]>>> = {
  AutoEncoderTopK: ['k', 'threshold'],
  BatchTopKSAE: ['k', 'threshold'],
  MatryoshkaBatchTopKSAE: ['k', 'threshold', 'group_sizes'],
};

async function read(files: SaeFiles, { modelType }: ReadOptions): Promise<ReadSae> {
  const { source } = files;
  const bytes = await files.read(files.weights ?? WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
  const file = await openTorchFile(bytes, source);
  const facts = await readFacts(files, file, modelType);
  const { dictClass, conversions, hookProblem } = facts;
  const sizes = readSizes(file, facts);
  const cfg = configOf(facts, sizes);
  checkConfig(cfg, source);
  const tensors = takeDictionary(file, dictClass, sizes);
  const sae = toSae(cfg, tensors, { dictClass, sizes });
  checkStored(sae, source);
  if (!isMatrixClass(dictClass))
    conversions.push('W_enc and W_dec are encoder.weight and decoder.weight transposed');
  return { sae, model: dictionaryModel(dictClass, tensors, sizes), conversions, hookProblem };
}

function readSizes(file: TensorFile, facts: DictionaryFacts): DictionarySizes {
  const { dictClass } = facts;
  const [rows, columns] = matrixShape(file, isMatrixClass(dictClass) ? 'W_enc' : 'encoder.weight');
  const [d_in, d_sae] = isMatrixClass(dictClass) ? [rows, columns] : [columns, rows];
  requireEqual(file.source, { name: 'activation_dim', stated: facts.d_in, found: d_in });
  requireEqual(file.source, { name: 'dict_size', stated: facts.d_sae, found: d_sae });
  const sizes: DictionarySizes = { d_in, d_sae };
  if (!ASIDE[dictClass]) return sizes;
  const k = takeScalar(file, 'k');
  if (k !== undefined) requireEqual(file.source, { name: 'k', stated: facts.k, found: k });
  sizes.k = k ?? facts.k;
  sizes.threshold = readThreshold(file, dictClass, sizes.k);
  return sizes;
}

/** A threshold below 0 was never set: a topk dictionary works without one, for the batchwise ones it is calibrated by their k. */
function readThreshold(file: TensorFile, dictClass: DictClass, k: number | undefined): number | undefined {
  const threshold = takeScalar(file, 'threshold');
  if (threshold !== undefined && threshold >= 0) return threshold;
  if (dictClass === 'AutoEncoderTopK' || k !== undefined) return undefined;
  throw new FacetError(
    'invalid',
    `${file.source}: the threshold of this ${dictClass} is ${threshold ?? 'missing'}, which means that training never set it, ` +
      'and no k says how many features fire, so that it cannot be calibrated; give k in config.json',
    { reason: 'THRESHOLD_UNSET' },
  );
}

function configOf(
  { dictClass, metadata }: DictionaryFacts,
  { d_in, d_sae, k, threshold }: DictionarySizes,
): SaeConfig {
  const isTopk = dictClass === 'AutoEncoderTopK';
  return {
    architecture: ARCHITECTURES[dictClass],
    d_in,
    d_sae,
    dtype: 'float32',
    apply_b_dec_to_input: dictClass !== 'JumpReluAutoEncoder' && dictClass !== 'AutoEncoderNew',
    normalize_activations: 'none',
    ...(k !== undefined && { k }),
    ...(isTopk && { rescale_acts_by_decoder_norm: false }),
    metadata: { ...(isTopk && threshold !== undefined && { inference_threshold: threshold }), ...metadata },
  };
}

function takeDictionary(
  file: TensorFile,
  dictClass: DictClass,
  { d_in, d_sae }: DictionarySizes,
): DictionaryTensors {
  const matrices: Record<string, readonly number[]> = isMatrixClass(dictClass)
    ? { W_enc: [d_in, d_sae], W_dec: [d_sae, d_in] }
    : { 'encoder.weight': [d_sae, d_in], 'decoder.weight': [d_in, d_sae] };
  const vectors = Object.entries(VECTORS[dictClass]).map(([name, axis]) => [
    name,
    [axis === 'd' ? d_in : d_sae],
  ]);
  const shapes = { ...matrices, ...Object.fromEntries(vectors) };
  return takeTensors(file, shapes, { what: `a dictionary of class ${dictClass}`, ignored: ASIDE[dictClass] });
}

interface Dictionary {
  dictClass: DictClass;
  sizes: DictionarySizes;
}

function toSae(cfg: SaeConfig, t: DictionaryTensors, { dictClass, sizes }: Dictionary): Sae {
  const { d_in, d_sae, threshold } = sizes;
  const isMatrix = isMatrixClass(dictClass);
  const shared = cfg.architecture === 'batchtopk' || cfg.architecture === 'matryoshka';
  return {
    cfg,
    W_enc: isMatrix ? t.W_enc : transpose(t['encoder.weight'], d_sae, d_in),
    b_enc: t.b_enc ?? t['encoder.bias'] ?? new Float32Array(d_sae),
    W_dec: isMatrix ? t.W_dec : transpose(t['decoder.weight'], d_in, d_sae),
    b_dec: t.b_dec ?? t.bias ?? t.decoder_bias ?? t['decoder.bias'],
    ...(dictClass === 'JumpReluAutoEncoder' && { threshold: t.threshold }),
    ...(shared && threshold !== undefined && { threshold: new Float32Array(d_sae).fill(threshold) }),
    ...(dictClass === 'GatedAutoEncoder' && { b_gate: t.gate_bias, b_mag: t.mag_bias, r_mag: t.r_mag }),
  };
}

function requireEqual(
  source: string,
  { name, stated, found }: { name: string; stated: number | undefined; found: number },
): void {
  if (stated === undefined || stated === found) return;
  const message = `${source}: config.json has ${name} ${stated}, but the tensors have ${found}; is it its own?`;
  throw new FacetError('invalid', message);
}
