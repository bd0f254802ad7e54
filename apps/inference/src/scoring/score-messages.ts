import type {
  ScoreReplacementsRequest,
  ScoreTextRequest,
  ScoreTextResponse,
  SequenceScore,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { floatTensor, idTensor } from '@facet/mesh';
import { proofMessages, readInterventions } from '../editing/intervention-messages.ts';
import { planInterventions } from '../editing/intervention-plan.ts';
import { hasRules } from '../editing/interventions.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { lineageMessage } from '../models/model-messages.ts';
import { readInput, requireResponseFits, textBytes, tokenDetails } from '../tokens/token-messages.ts';
import { sequenceAt } from '../tokens/token-sequences.ts';
import type { ReplacedHookPoint } from './activation-replacements.ts';
import { readReplacedHookPoints, readReplacements } from './replacement-messages.ts';
import type { StreamedScoreQuestion } from './score-streamed.ts';
import type { Score, ScoreQuestion } from './score-text.ts';

/** Most sequences and tokens of one ScoreText. */
const MAX_SCORE_SEQUENCES = 256;
const MAX_SCORE_TOKENS = 65_536;

/** Reads a ScoreText request for `model`; refuses one whose answer would not fit a message. */
export async function readScoreRequest(
  request: ScoreTextRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<ScoreQuestion> {
  return await readQuestion(request, { model, signal, read: readReplacements });
}

/** Reads the message that begins a ScoreReplacements stream. */
export function firstRequest(message: ScoreReplacementsRequest | undefined): ScoreTextRequest {
  if (message?.part?.$case === 'request') return message.part.value;
  throw new FacetError(
    'invalid',
    'request: the first message of the stream carries the request; rows follow it',
    {
      field: 'request',
      reason: 'REQUEST_MISSING',
    },
  );
}

/** Reads the request of a ScoreReplacements stream for `model`. */
export async function readStreamedScoreRequest(
  request: ScoreTextRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<StreamedScoreQuestion> {
  const question = await readQuestion(request, { model, signal, read: readReplacedHookPoints });
  if (question.replacements.every(({ rows }) => rows !== undefined))
    throw new FacetError(
      'invalid',
      'request.replacements: none of them waits for rows; leave out activations, or call ScoreText',
      { field: 'request.replacements', reason: 'INVALID_REPLACEMENT' },
    );
  return question;
}

interface ReadOptions<R> {
  model: LoadedModel;
  signal: AbortSignal;
  read: (messages: ScoreTextRequest['replacements'], model: LoadedModel, tokens: number) => R[];
}

async function readQuestion<R extends ReplacedHookPoint>(
  request: ScoreTextRequest,
  { model, signal, read }: ReadOptions<R>,
) {
  const { compareWithUnedited } = request;
  const interventions = readInterventions(request.interventions, {
    model,
    field: 'interventions',
    generates: false,
  });
  const limits = { maxSequences: MAX_SCORE_SEQUENCES, maxTokens: MAX_SCORE_TOKENS, signal };
  const sequences = await readInput(request.input, model, limits);
  const replacements = read(request.replacements, model, sequences.ids.length);
  const question = {
    model,
    sequences,
    plan: planInterventions([interventions]),
    replacements,
    edited: hasRules(interventions) || replacements.length > 0,
    compareWithUnedited,
  };
  const { tokenTexts } = await tokenDetails(model, sequences.ids, {
    wanted: request.includeTokenTexts,
    signal,
  });
  requireResponseFits(
    scoreBytes(question) + textBytes(tokenTexts),
    'score fewer tokens, or fewer features, at once',
  );
  return question;
}

/** Writes the answer. */
export async function scoreMessage(
  { model, sequences }: Pick<ScoreQuestion, 'model' | 'sequences'>,
  scores: readonly Score[],
  texts: { wanted: boolean; signal: AbortSignal },
): Promise<ScoreTextResponse> {
  const { tokenTexts } = await tokenDetails(model, sequences.ids, texts);
  const messages = scores.map(({ nll, meanNll, uneditedNll, kl, proofs }, index): SequenceScore => {
    const ids = sequenceAt(sequences, index);
    const start = sequences.starts[index]!;
    return {
      tokenIds: idTensor(ids),
      tokenTexts: tokenTexts.slice(start, start + ids.length),
      nll: floatTensor(nll, [nll.length]),
      meanNll,
      uneditedNll: uneditedNll && floatTensor(uneditedNll, [uneditedNll.length]),
      kl: kl && floatTensor(kl, [kl.length]),
      proofs: proofs.flatMap(proofMessages),
    };
  });
  return { scores: messages, lineage: lineageMessage(model) };
}

/** Bytes of names, shapes and tags of one sequence's tensors, and of one proof's. */
const SEQUENCE_FRAME_BYTES = 160;
const PROOF_FRAME_BYTES = 192;

function scoreBytes({ sequences, plan, compareWithUnedited }: Omit<ScoreQuestion, 'replacements'>): number {
  const perToken = 4 + 4 + (compareWithUnedited ? 8 : 0);
  const placements = plan.ports.flatMap((port) => port.placements);
  const proofBytes = placements.reduce((sum, { intervention }) => sum + 8 * intervention.features + 9, 0);
  const frames = SEQUENCE_FRAME_BYTES + PROOF_FRAME_BYTES * placements.length;
  return sequences.ids.length * (perToken + proofBytes) + sequences.lengths.length * frames;
}
