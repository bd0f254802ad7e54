import { type ActivationSetSpec, type Corpus, DataType, type RecognisedFormat } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { parseName, safeCount } from '@facet/mesh';
import type { FloatDType } from '@facet/tensor';
import { DEFAULT_SEPARATOR, DEFAULT_TEXT_FIELD } from '../corpus/recognition/resolve-format.ts';
import type { CorpusSpec, SetSpec } from '../sets/set-record.ts';
import type { RequestedSpec } from '../sets/set-spec.ts';

/** Reads what a caller wants captured; `invalid` names what is missing. */
export function parseSpec(spec: ActivationSetSpec | undefined): RequestedSpec {
  if (!spec) throw missing('spec', 'say what to capture');
  if (spec.hookPoint === '') throw missing('spec.hook_point', 'name one, such as blocks.2.hook_resid_post');
  return {
    model: parseName(spec.model, 'models', 'spec.model'),
    hookPoint: spec.hookPoint,
    corpus: parseCorpus(spec.corpus),
    maxTokens: safeCount(spec.maxTokens, 'spec.max_tokens'),
    contextTokens: spec.contextTokens,
    dtype: parseDtype(spec.dtype, 'spec.dtype') ?? 'F16',
    partitionTokens: spec.partitionTokens,
    separateDocuments: spec.separateDocuments,
  };
}

/** Reads an element type; undefined where none is stated. */
export function parseDtype(dtype: DataType, field: string): FloatDType | undefined {
  if (dtype === DataType.UNSPECIFIED) return undefined;
  if (dtype === DataType.F16) return 'F16';
  if (dtype === DataType.BF16) return 'BF16';
  if (dtype === DataType.F32) return 'F32';
  throw new FacetError('invalid', `${field} is ${dtype}; possible are F16, BF16 and F32`, { field });
}

/** Writes what is captured as the contract has it. */
export function toSpec(spec: SetSpec): ActivationSetSpec {
  const { model, corpus, maxTokens, dtype, ...same } = spec;
  return {
    ...same,
    model: `models/${model}`,
    corpus: { uri: corpus.uri, format: toFormat(corpus) },
    maxTokens: BigInt(maxTokens),
    dtype: DataType[dtype],
  };
}

function parseCorpus(corpus: Corpus | undefined): CorpusSpec {
  if (!corpus || corpus.uri === '') throw missing('spec.corpus.uri', 'name a file');
  const { uri, format } = corpus;
  switch (format?.$case) {
    case 'plainText':
      return { uri, format: 'TEXT', documentSeparator: format.value.documentSeparator || DEFAULT_SEPARATOR };
    case 'jsonLines':
      return { uri, format: 'JSONL', textField: format.value.textField || DEFAULT_TEXT_FIELD };
    case 'jsonArray':
      return { uri, format: 'JSON', textField: format.value.textField || DEFAULT_TEXT_FIELD };
    case 'parquet':
      return { uri, format: 'PARQUET', textField: format.value.textField || DEFAULT_TEXT_FIELD };
    case 'delimited': {
      const { textField, delimiter, unquoted } = format.value;
      return { uri, format: 'DELIMITED', textField: textField || DEFAULT_TEXT_FIELD, delimiter, unquoted };
    }
    default:
      return autoCorpus(uri, format?.value);
  }
}

function autoCorpus(uri: string, hints: RecognisedFormat | undefined): CorpusSpec {
  const { documentSeparator, textField } = hints ?? {};
  return {
    uri,
    format: 'AUTO',
    ...(documentSeparator && { documentSeparator }),
    ...(textField && { textField }),
  };
}

function toFormat(corpus: CorpusSpec): Corpus['format'] {
  switch (corpus.format) {
    case 'TEXT':
      return { $case: 'plainText', value: { documentSeparator: corpus.documentSeparator } };
    case 'JSONL':
      return { $case: 'jsonLines', value: { textField: corpus.textField } };
    case 'JSON':
      return { $case: 'jsonArray', value: { textField: corpus.textField } };
    case 'PARQUET':
      return { $case: 'parquet', value: { textField: corpus.textField } };
    case 'DELIMITED': {
      const { textField, delimiter, unquoted } = corpus;
      return { $case: 'delimited', value: { textField, delimiter, unquoted } };
    }
    case 'AUTO': {
      const { documentSeparator = '', textField = '' } = corpus;
      return { $case: 'recognised', value: { documentSeparator, textField } };
    }
  }
}

function missing(field: string, remedy: string): FacetError {
  return new FacetError('invalid', `${field} is missing; ${remedy}`, { field });
}
