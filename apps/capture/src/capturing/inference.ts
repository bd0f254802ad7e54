import {
  type ActivationBlock,
  type ComputeActivationsResponse,
  DataType,
  type InferenceServiceDefinition,
  type Model,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { answerTensors, idTensor, type ServiceClient } from '@facet/mesh';
import { dtypeBytes, type FloatDType } from '@facet/tensor';

/** What capture asks of inference. */
export interface Inference {
  /** Describes a model; `not-found` names those that are held. */
  model(id: string, signal: AbortSignal): Promise<Model>;
  /** Tokenizes texts without adding special tokens. */
  tokenize(id: string, texts: readonly string[], signal: AbortSignal): Promise<Int32Array[]>;
  /** The text of the token at `index` of a tokenized text. */
  tokenText(id: string, text: string, options: { index: number; signal: AbortSignal }): Promise<string>;
  /** Computes the activations of contexts into `into` [rows, dIn] of the question's element type. */
  activations(question: ActivationsQuestion, into: Uint8Array, signal: AbortSignal): Promise<void>;
}

export interface ActivationsQuestion {
  model: string;
  /** The weights that the answer must come from. */
  modelSha256: string;
  hookPoint: string;
  dtype: FloatDType;
  dIn: number;
  /** [rows], context after context. */
  tokenIds: Int32Array;
  /** Tokens of every context. */
  lengths: readonly number[];
}

/** Tokenizing waits its turn behind other calls. */
const TOKENIZE_DEADLINE_MS = 120_000;

/** Asks an inference service through its gRPC client. */
export function createInference(client: ServiceClient<typeof InferenceServiceDefinition>): Inference {
  return {
    async model(id, signal) {
      const { model } = await client.getModel({ name: `models/${id}` }, { signal });
      if (model) return model;
      throw broken('described no model');
    },
    async tokenize(id, texts, signal) {
      const request = { model: `models/${id}`, texts: [...texts], addSpecialTokens: false };
      const { tokens } = await client.tokenizeText(request, { signal, deadlineMs: TOKENIZE_DEADLINE_MS });
      if (tokens?.lengths.length !== texts.length) throw broken('tokenized another number of texts');
      return split(answerTensors.ids(tokens.tokenIds, ['n'], 'token_ids'), tokens.lengths);
    },
    async tokenText(id, text, { index, signal }) {
      const request = {
        model: `models/${id}`,
        texts: [text],
        addSpecialTokens: false,
        includeTokenTexts: true,
      };
      const { tokenTexts } = await client.tokenizeText(request, { signal, deadlineMs: TOKENIZE_DEADLINE_MS });
      return tokenTexts[index] ?? '';
    },
    async activations(question, into, signal) {
      const { model, hookPoint, dtype, tokenIds, lengths } = question;
      const tokens = { tokenIds: idTensor(tokenIds), lengths: [...lengths] };
      const request = {
        model: `models/${model}`,
        hookPoints: [hookPoint],
        input: { $case: 'tokens' as const, value: tokens },
        dtype: DataType[dtype],
      };
      await collect(client.computeActivations(request, { signal }), question, into);
    },
  };
}

/** Puts the blocks of an answer where they belong and makes sure that every row came exactly once. */
async function collect(
  events: AsyncIterable<ComputeActivationsResponse>,
  question: ActivationsQuestion,
  into: Uint8Array,
): Promise<void> {
  let next = 0;
  for await (const { event } of events) {
    if (event?.$case === 'header') requireModel(event.value.lineage?.modelSha256, question);
    if (event?.$case !== 'block') continue;
    const { data, rows } = checkedBlock(event.value, question, next);
    into.set(data, next * question.dIn * dtypeBytes(question.dtype));
    next += rows;
  }
  if (next !== question.tokenIds.length) throw broken(`sent ${next} of ${question.tokenIds.length} rows`);
}

function checkedBlock(
  { hookPoint, firstRow, activations }: ActivationBlock,
  { dtype, dIn, hookPoint: wanted, tokenIds }: ActivationsQuestion,
  next: number,
): { data: Uint8Array; rows: number } {
  const expected = { dtype: DataType[dtype], shape: ['n', dIn] } as const;
  const { shape, data } = answerTensors.check(activations, expected, 'activations');
  const rows = shape[0]!;
  if (hookPoint !== wanted || firstRow !== next || next + rows > tokenIds.length)
    throw broken(`sent ${rows} rows of ${hookPoint} at row ${firstRow} where row ${next} follows`);
  return { data, rows };
}

function requireModel(sha256: string | undefined, { model, modelSha256 }: ActivationsQuestion): void {
  if (sha256 === modelSha256) return;
  throw new FacetError('precondition', `models/${model} was replaced by other weights during the capture`, {
    reason: 'LINEAGE_MISMATCH',
  });
}

function split(ids: Int32Array, lengths: readonly number[]): Int32Array[] {
  const parts: Int32Array[] = [];
  let start = 0;
  for (const length of lengths) {
    parts.push(ids.subarray(start, start + length));
    start += length;
  }
  if (start !== ids.length) throw broken(`sent ${ids.length} token ids for ${start}`);
  return parts;
}

/** An answer that contradicts the contract; a bug, not anybody's expectation. */
function broken(problem: string): Error {
  return new Error(`inference ${problem}`);
}
