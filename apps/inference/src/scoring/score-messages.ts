import type { ScoreTextRequest, ScoreTextResponse, SequenceScore } from '@facet/contracts';
import { floatTensor, idTensor } from '@facet/mesh';
import { proofMessages, readInterventions } from '../editing/intervention-messages.ts';
import { planInterventions } from '../editing/intervention-plan.ts';
import { hasRules } from '../editing/interventions.ts';
import { MAX_SCORE_SEQUENCES, MAX_SCORE_TOKENS } from '../limits.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { lineageMessage } from '../models/model-messages.ts';
import { readInput, requireResponseFits, textBytes, tokenDetails } from '../tokens/token-messages.ts';
import { sequenceAt } from '../tokens/token-sequences.ts';
import { readReplacements } from './replacement-messages.ts';
import type { Score, ScoreQuestion } from './score-text.ts';

/** Reads a ScoreText request for `model`; refuses one whose answer would not fit a message. */
export async function readScoreRequest(
  request: ScoreTextRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<ScoreQuestion> {
  const { compareWithUnedited } = request;
  const interventions = readInterventions(request.interventions, {
    model,
    field: 'interventions',
    generates: false,
  });
  const limits = { maxSequences: MAX_SCORE_SEQUENCES, maxTokens: MAX_SCORE_TOKENS, signal };
  const sequences = await readInput(request.input, model, limits);
  const replacements = readReplacements(request.replacements, model, sequences.ids.length);
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
  { model, sequences }: ScoreQuestion,
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

function scoreBytes({ sequences, plan, compareWithUnedited }: ScoreQuestion): number {
  const perToken = 4 + 4 + (compareWithUnedited ? 8 : 0);
  const placements = plan.ports.flatMap((port) => port.placements);
  const proofBytes = placements.reduce((sum, { intervention }) => sum + 8 * intervention.features + 9, 0);
  const frames = SEQUENCE_FRAME_BYTES + PROOF_FRAME_BYTES * placements.length;
  return sequences.ids.length * (perToken + proofBytes) + sequences.lengths.length * frames;
}
