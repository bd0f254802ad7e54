import { FacetError } from '@facet/errors';
import { requireFinite } from '@facet/tensor';
import { checkSae, type Sae } from '../sae.ts';
import { dictionaryLearning } from './dictionary-learning.ts';
import { gemmaScope } from './gemma-scope.ts';
import { gemmaScope2 } from './gemma-scope-2.ts';
import {
  type ReadOptions,
  type ReadSae,
  SAE_FORMATS,
  type SaeCodec,
  type SaeFiles,
  type SaeFormat,
  type WrittenSae,
} from './sae-format.ts';
import { saelens } from './saelens-format.ts';
import { sparsify } from './sparsify.ts';

const CODECS: Readonly<Record<SaeFormat, SaeCodec>> = {
  saelens,
  sparsify,
  'gemma-scope': gemmaScope,
  'gemma-scope-2': gemmaScope2,
  'dictionary-learning': dictionaryLearning,
};

const TENSORS = ['W_enc', 'b_enc', 'W_dec', 'b_dec', 'threshold', 'b_gate', 'b_mag', 'r_mag'] as const;

/** Largest factor between an SAE's inputs in training and the rows: any other is a mistake. */
const MAX_INPUT_SCALE = 1e9;

/** Reads an SAE of `format`; untrusted files are refused with errors that name the value and the remedy. */
export async function readSae(
  format: SaeFormat,
  files: SaeFiles,
  options: ReadOptions = {},
): Promise<ReadSae> {
  const { inputScale } = options;
  if (inputScale !== undefined && !(inputScale >= 1 / MAX_INPUT_SCALE && inputScale <= MAX_INPUT_SCALE)) {
    const message = `the input scale is ${inputScale}; it must be a number from 1e-9 to 1e9`;
    throw new FacetError('invalid', message, { field: 'input_scale' });
  }
  if (inputScale !== undefined && format !== 'saelens') {
    const message = `an input scale is given, but ${format} SAEs read their input unscaled; leave it out`;
    throw new FacetError('invalid', message, { field: 'input_scale' });
  }
  return CODECS[format].read(files, options);
}

/** Writes an SAE in `format`; `precondition` where the format cannot say what the SAE is. */
export function writeSae(sae: Sae, format: SaeFormat): WrittenSae {
  checkSae(sae, 'sae');
  for (const name of TENSORS) if (sae[name]) requireFinite(sae[name], `sae: ${name}`);
  return CODECS[format].write(sae);
}

/** Tells the format of an SAE from the names of its files; refuses what fits none or several. */
export function detectFormat({ source, names, weights }: SaeFiles): SaeFormat {
  const present = weights === undefined ? names : [weights];
  const found = SAE_FORMATS.filter((format) => present.includes(CODECS[format].weightsFile));
  if (found.length === 1) return found[0];
  const known = SAE_FORMATS.map((format) => `${CODECS[format].weightsFile} (${format})`).join(', ');
  const problem =
    found.length === 0
      ? `no file of a known SAE format: ${known}`
      : `files of several formats: ${found.join(', ')}`;
  throw new FacetError('invalid', `${source} has ${problem}; give the format`, {
    field: 'format',
    reason: found.length === 0 ? 'FORMAT_UNKNOWN' : 'FORMAT_AMBIGUOUS',
  });
}
