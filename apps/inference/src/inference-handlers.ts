import type { InferenceServiceDefinition } from '@facet/contracts';
import { decodePageToken, encodePageToken, pageSize, type ServedCallContext } from '@facet/mesh';
import type { ServiceImplementation } from 'nice-grpc';
import { z } from 'zod';
import {
  activationsHeader,
  activationsMessages,
  readActivationsRequest,
} from './activations/activation-messages.ts';
import { computeActivations } from './activations/compute-activations.ts';
import { generateText } from './generation/generate-text.ts';
import {
  generationMessages,
  generationStarted,
  readGenerationRequest,
} from './generation/generation-messages.ts';
import { modelMessage } from './models/model-messages.ts';
import type { ModelRegistry } from './models/model-registry.ts';
import { projectVocabulary } from './projection/project-vocabulary.ts';
import { projectionMessage, readProjectionRequest } from './projection/projection-messages.ts';
import type { Caller, ModelTurn, Scheduler } from './scheduling/scheduler.ts';
import {
  firstRequest,
  readScoreRequest,
  readStreamedScoreRequest,
  scoreMessage,
} from './scoring/score-messages.ts';
import { scoreStreamed } from './scoring/score-streamed.ts';
import { scoreText } from './scoring/score-text.ts';
import { createRowSource } from './scoring/streamed-rows.ts';
import { readTokenizeRequest, tokenizeMessage } from './tokens/tokenize-messages.ts';

export interface InferenceHandlersOptions {
  models: ModelRegistry;
  scheduler: Scheduler;
  /** Tokens of one step of model work, padding included. */
  batchTokens: number;
}

const MODEL_PAGES = { fallback: 50, max: 1000 };

/** Creates the handlers of facet.inference.v1.InferenceService. */
export function createInferenceHandlers({
  models,
  scheduler,
  batchTokens,
}: InferenceHandlersOptions): ServiceImplementation<typeof InferenceServiceDefinition, ServedCallContext> {
  /** Takes a place at the model for as long as `work` runs. */
  const inTurn = async <T>(caller: Caller, work: (turn: ModelTurn) => Promise<T>): Promise<T> => {
    const admission = await scheduler.admit(caller);
    try {
      return await work({ admission, batchTokens, signal: caller.signal });
    } finally {
      admission.leave();
    }
  };
  async function* streamInTurn<T>(caller: Caller, work: (turn: ModelTurn) => AsyncGenerator<T>) {
    const admission = await scheduler.admit(caller);
    try {
      yield* work({ admission, batchTokens, signal: caller.signal });
    } finally {
      admission.leave();
    }
  }

  return {
    async getModel({ name }) {
      return { model: modelMessage(models.get(name, 'name')) };
    },

    async listModels(request) {
      const after = decodePageToken(request.pageToken, z.string(), 'models') ?? '';
      const rest = models.list().filter(({ id }) => id > after);
      const page = rest.slice(0, pageSize(request.pageSize, MODEL_PAGES));
      const nextPageToken = page.length < rest.length ? encodePageToken(page.at(-1)!.id, 'models') : '';
      return { models: page.map(modelMessage), nextPageToken };
    },

    async tokenizeText(request, { signal }) {
      const model = models.get(request.model, 'model');
      const sequences = await readTokenizeRequest(request, model, signal);
      return tokenizeMessage(model, sequences, { wanted: request.includeTokenTexts, signal });
    },

    async *computeActivations(request, caller) {
      const question = await readActivationsRequest(
        request,
        models.get(request.model, 'model'),
        caller.signal,
      );
      const texts = { wanted: request.includeTokenTexts, signal: caller.signal };
      const header = await activationsHeader(question, texts);
      yield* streamInTurn(caller, async function* (turn) {
        yield header;
        for await (const event of computeActivations(question, turn)) yield* activationsMessages(event);
      });
    },

    async *generateText(request, caller) {
      const question = await readGenerationRequest(
        request,
        models.get(request.model, 'model'),
        caller.signal,
      );
      yield* streamInTurn(caller, async function* (turn) {
        yield await generationStarted(question, caller.signal);
        for await (const event of generateText(question, turn))
          yield* await generationMessages(question, event, caller.signal);
      });
    },

    async scoreText(request, caller) {
      const question = await readScoreRequest(request, models.get(request.model, 'model'), caller.signal);
      const scores = await inTurn(caller, (turn) => scoreText(question, turn));
      return scoreMessage(question, scores, { wanted: request.includeTokenTexts, signal: caller.signal });
    },

    async scoreReplacements(messages, caller) {
      const stream = messages[Symbol.asyncIterator]();
      const request = firstRequest((await stream.next()).value);
      const { signal } = caller;
      const question = await readStreamedScoreRequest(
        request,
        models.get(request.model, 'request.model'),
        signal,
      );
      const rows = createRowSource(stream, question);
      const scores = await inTurn(caller, (turn) => scoreStreamed(question, rows, turn));
      return scoreMessage(question, scores, { wanted: request.includeTokenTexts, signal });
    },

    async projectToVocabulary(request, caller) {
      const question = readProjectionRequest(request, models.get(request.model, 'model'));
      const projections = await inTurn(caller, (turn) => projectVocabulary(question, turn));
      return projectionMessage(question, projections, caller.signal);
    },
  };
}
