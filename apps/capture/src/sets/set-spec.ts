import { MAX_PARTITIONS } from '@facet/artifacts';
import type { Model } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import { dtypeBytes, type FloatDType } from '@facet/tensor';
import { corpusPath } from '../corpus/bytes/corpus-file.ts';
import { findHookPoint } from './hook-point.ts';
import type { CorpusSpec, ModelFacts, SetSpec } from './set-record.ts';

/** What a caller asks for; 0 and "" stand for defaults. */
export interface RequestedSpec {
  model: string;
  hookPoint: string;
  corpus: CorpusSpec;
  maxTokens: number;
  contextTokens: number;
  dtype: FloatDType;
  partitionTokens: number;
  separateDocuments: boolean;
}

const DEFAULT_CONTEXT_TOKENS = 256;
/** A shard of this size is read and written in one piece. */
const DEFAULT_PARTITION_BYTES = 32 * 1024 * 1024;
const DEFAULT_PARTITION_TOKENS = 65_536;
/** Most activations of a partition, which a worker holds in memory. */
const MAX_PARTITION_BYTES = 1024 * 1024 * 1024;
const MAX_SEPARATOR_CHARS = 1024;

/** Checks a request against the model and fills in the defaults; `invalid` names the field at fault. */
export function completeSpec(requested: RequestedSpec, model: Model): { spec: SetSpec; facts: ModelFacts } {
  const { dIn } = findHookPoint(model.hookPoints, requested.hookPoint, model.name);
  requireCorpus(requested.corpus);
  const contextTokens = completeContext(requested.contextTokens, model);
  const rowBytes = dIn * dtypeBytes(requested.dtype);
  const partitionTokens = completePartition(requested.partitionTokens, contextTokens, rowBytes);
  const { maxTokens } = requested;
  if (maxTokens > partitionTokens * MAX_PARTITIONS)
    throw invalid(
      'max_tokens',
      `${maxTokens} needs more than ${MAX_PARTITIONS} partitions; raise partition_tokens`,
    );
  return { spec: { ...requested, contextTokens, partitionTokens }, facts: factsOf(model, dIn) };
}

function requireCorpus(corpus: CorpusSpec): void {
  corpusPath(corpus.uri);
  if ('documentSeparator' in corpus && (corpus.documentSeparator?.length ?? 0) > MAX_SEPARATOR_CHARS)
    throw invalid('corpus.document_separator', `has more than ${MAX_SEPARATOR_CHARS} characters`);
  if (corpus.format === 'DELIMITED' && !/^[^\r\n"]?$/u.test(corpus.delimiter))
    throw invalid(
      'corpus.delimited.delimiter',
      `is ${quote(corpus.delimiter)}; one character is possible, or none`,
    );
}

function completeContext(requested: number, { nCtx, name }: Model): number {
  if (requested === 0) return Math.min(DEFAULT_CONTEXT_TOKENS, nCtx);
  if (requested >= 2 && requested <= nCtx) return requested;
  throw invalid('context_tokens', `${requested} is out of range; ${name} takes 2 to ${nCtx}`);
}

/** Rounds down to whole contexts. */
function completePartition(requested: number, contextTokens: number, rowBytes: number): number {
  const most = Math.floor(MAX_PARTITION_BYTES / rowBytes);
  if (requested !== 0 && (requested < contextTokens || requested > most))
    throw invalid(
      'partition_tokens',
      `${requested} is out of range; possible are ${contextTokens} to ${most}`,
    );
  const byDefault = Math.min(DEFAULT_PARTITION_TOKENS, Math.floor(DEFAULT_PARTITION_BYTES / rowBytes));
  const wanted = requested === 0 ? byDefault : requested;
  return Math.max(1, Math.floor(wanted / contextTokens)) * contextTokens;
}

function factsOf(model: Model, dIn: number): ModelFacts {
  const { lineage, bosTokenId = null, eosTokenIds, specialTokenIds, dVocab } = model;
  return {
    modelSha256: lineage?.modelSha256 ?? '',
    tokenizerSha256: lineage?.tokenizerSha256 ?? '',
    dIn,
    vocabulary: dVocab,
    bosTokenId,
    // Models without BOS were trained on documents that end with EOS.
    separatorTokenId: bosTokenId ?? eosTokenIds[0] ?? null,
    specialTokenIds: [
      ...new Set([...specialTokenIds, ...eosTokenIds, ...(bosTokenId === null ? [] : [bosTokenId])]),
    ],
  };
}

function invalid(field: string, problem: string): FacetError {
  return new FacetError('invalid', `${field} ${problem}`, { field: `spec.${field}` });
}
