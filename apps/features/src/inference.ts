import type {
  ActivationBlock,
  ActivationsHeader,
  ComputeActivationsRequest,
  InferenceServiceDefinition,
  TokenLogit,
} from '@facet/contracts';
import { DataType } from '@facet/contracts';
import type { VocabularyEffect } from '@facet/feature-index';
import { answerTensors, floatTensor, idTensor, type ServiceClient } from '@facet/mesh';
import { VOCABULARY_EFFECTS } from './limits.ts';

/** Texts as the model saw them, with the residual rows of all their tokens. */
export interface ActivatedTexts {
  modelSha256: string;
  tokenizerSha256: string;
  tokenIds: Int32Array;
  tokenTexts: string[];
  /** 1 for special tokens. */
  special: Uint8Array;
  /** Tokens of every text. */
  lengths: number[];
  /** Activations at the hook point [tokens, d_in]. */
  activations: Float32Array;
}

/** What features asks of inference. */
export interface Inference {
  /** Runs texts and reads the hook point at every token. */
  activate(question: TextsQuestion, signal?: AbortSignal): Promise<ActivatedTexts>;
  /** Projects directions [n, d_in] on the vocabulary: the most promoted and suppressed tokens of each. */
  project(model: string, directions: Float32Array, n: number, signal?: AbortSignal): Promise<Projection[]>;
  /** Returns the texts of token ids, in order. */
  tokenTexts(model: string, tokenIds: Int32Array, signal?: AbortSignal): Promise<string[]>;
}

export interface TextsQuestion {
  model: string;
  hookPoint: string;
  d_in: number;
  texts: readonly string[];
}

export interface Projection {
  top: VocabularyEffect[];
  bottom: VocabularyEffect[];
}

/** Projections wait their turn behind other work of inference. */
const PROJECTION_DEADLINE_MS = 300_000;

/** Asks an inference service through its gRPC client. */
export function createInference(client: ServiceClient<typeof InferenceServiceDefinition>): Inference {
  const run = (request: ComputeActivationsRequest, signal?: AbortSignal) =>
    client.computeActivations(request, signal === undefined ? {} : { signal });
  return {
    async activate({ model, hookPoint, d_in, texts }, signal) {
      const input = { $case: 'texts' as const, value: { texts: [...texts] } };
      const blocks: ActivationBlock[] = [];
      let header: ActivationsHeader | undefined;
      for await (const { event } of run(requestFor(model, hookPoint, input), signal)) {
        if (event?.$case === 'header') header = event.value;
        if (event?.$case === 'block') blocks.push(event.value);
      }
      return assemble(header, blocks, d_in);
    },
    async project(model, directions, n, signal) {
      const request = {
        model: `models/${model}`,
        directions: floatTensor(directions, [n, directions.length / n]),
        top: VOCABULARY_EFFECTS,
        bottom: VOCABULARY_EFFECTS,
      };
      const call = { deadlineMs: PROJECTION_DEADLINE_MS, ...(signal === undefined ? {} : { signal }) };
      const { projections } = await client.projectToVocabulary(request, call);
      if (projections.length !== n)
        throw new Error(`inference sent ${projections.length} projections for ${n}`);
      return projections.map(({ top, bottom }) => ({ top: top.map(toEffect), bottom: bottom.map(toEffect) }));
    },
    async tokenTexts(model, tokenIds, signal) {
      const { tokenTexts } = await readHeader(run(textsRequest(model, tokenIds), signal));
      if (tokenTexts.length !== tokenIds.length)
        throw new Error('inference sent another number of token texts');
      return tokenTexts;
    },
  };
}

function requestFor(
  model: string,
  hookPoint: string,
  input: ComputeActivationsRequest['input'],
): ComputeActivationsRequest {
  return {
    model: `models/${model}`,
    hookPoints: [hookPoint],
    input,
    dtype: DataType.F32,
    interventions: [],
    includeTokenTexts: true,
  };
}

/** Token texts come with activations: the embedding of single tokens is the cheapest to ask for, and is not waited for. */
function textsRequest(model: string, tokenIds: Int32Array): ComputeActivationsRequest {
  const lengths: number[] = [];
  for (let left = tokenIds.length; left > 0; left -= CONTEXT_OF_IDS)
    lengths.push(Math.min(left, CONTEXT_OF_IDS));
  const input = { $case: 'tokens' as const, value: { tokenIds: idTensor(tokenIds), lengths } };
  return requestFor(model, 'blocks.0.hook_resid_pre', input);
}

/** Ids asked for as one context: fits every model. */
const CONTEXT_OF_IDS = 32;

async function readHeader(
  events: ReturnType<ServiceClient<typeof InferenceServiceDefinition>['computeActivations']>,
): Promise<ActivationsHeader> {
  for await (const { event } of events) if (event?.$case === 'header') return event.value;
  throw new Error('inference sent no header');
}

function assemble(
  header: ActivationsHeader | undefined,
  blocks: readonly ActivationBlock[],
  d_in: number,
): ActivatedTexts {
  const tokenIds = answerTensors.ids(header?.tokens?.tokenIds, ['n'], 'token_ids');
  const activations = new Float32Array(tokenIds.length * d_in);
  let rows = 0;
  for (const { firstRow, activations: tensor } of blocks) {
    const values = answerTensors.floats(tensor, ['n', d_in], 'activations');
    if (firstRow !== rows) throw new Error(`inference sent row ${firstRow} where row ${rows} follows`);
    activations.set(values, rows * d_in);
    rows += values.length / d_in;
  }
  if (rows !== tokenIds.length) throw new Error(`inference sent ${rows} of ${tokenIds.length} rows`);
  return {
    modelSha256: header!.lineage?.modelSha256 ?? '',
    tokenizerSha256: header!.lineage?.tokenizerSha256 ?? '',
    tokenIds,
    tokenTexts: header!.tokenTexts,
    special: answerTensors.flags(header!.special, [tokenIds.length], 'special'),
    lengths: header!.tokens!.lengths,
    activations,
  };
}

function toEffect({ tokenId, text, logit }: TokenLogit): VocabularyEffect {
  return { tokenId, text, logit };
}
