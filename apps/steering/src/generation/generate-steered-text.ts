import {
  type GeneratedToken,
  type GenerateSteeredTextResponse,
  type GenerateTextResponse,
  type GenerationStarted,
  type SamplingOptions,
  SteeringVariant,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { type PlannedIntervention, planInterventions } from '../planning/interventions.ts';
import { type PlanningContext, planSteering, type SteeringPlan } from '../planning/plan-steering.ts';
import { requireSameModel } from '../planning/steered-model.ts';
import type { SteeringQuestion } from '../planning/steering-question.ts';
import { createEffectTally, type EffectTally, noticeOf } from './effect-tally.ts';
import { positionProofs } from './position-proofs.ts';
import { type Prompt, promptErrors } from './prompts.ts';
import { startedMessage, summaryMessage } from './steering-messages.ts';

/** What GenerateSteeredText runs. */
export interface SteeredTextQuestion extends SteeringQuestion {
  prompt: Prompt;
  sampling: SamplingOptions | undefined;
  /** Leave out the unsteered text. */
  steeredOnly: boolean;
  /** Leave out KL and the likelihood under the unsteered model. */
  skipComparison: boolean;
  /** Fail when no position was changed. */
  requireEffect: boolean;
  /** Leave out the positions' proofs. */
  skipProofs: boolean;
}

/** Generates default and steered text in one batch of inference; tokens and proofs come as they are made, the sums last. */
export async function* generateSteeredText(
  question: SteeredTextQuestion,
  context: PlanningContext,
): AsyncGenerator<GenerateSteeredTextResponse> {
  const plan = await planSteering(question, context);
  const interventions = planInterventions(plan.edits);
  const variants = question.steeredOnly ? [STEERED] : [DEFAULT, STEERED];
  const { prompt, sampling, skipComparison } = question;
  const request = {
    model: plan.model.name,
    prompt: prompt.value,
    variants: variants.map(({ id }) => ({
      id,
      interventions: id === STEERED.id ? interventions.map(({ intervention }) => intervention) : [],
    })),
    sampling,
    compareWithUnedited: !skipComparison,
  };
  const tally = createEffectTally();
  const teller = { question, plan, interventions, tally, variants: variants.map(({ variant }) => variant) };
  const events = context.peers.inference.generateText(request, { signal: context.signal });
  for await (const { event } of promptErrors(events, prompt)) yield* tell(event, teller);
  yield summarize(tally, question);
}

const DEFAULT = { id: 'default', variant: SteeringVariant.DEFAULT };
const STEERED = { id: 'steered', variant: SteeringVariant.STEERED };

interface Teller {
  question: SteeredTextQuestion;
  plan: SteeringPlan;
  interventions: readonly PlannedIntervention[];
  tally: EffectTally;
  /** By inference's index. */
  variants: readonly SteeringVariant[];
}

/** Turns one event of inference into what the caller is told. */
function* tell(event: GenerateTextResponse['event'], teller: Teller): Generator<GenerateSteeredTextResponse> {
  switch (event?.$case) {
    case 'started':
      return yield* tellStarted(event.value, teller);
    case 'token':
      return yield* tellToken(event.value, teller);
    case 'proof': {
      const planned = teller.interventions.find(({ hookPoint }) => hookPoint === event.value.hookPoint)!;
      for (const value of positionProofs(event.value, planned)) {
        teller.tally.addProof(value);
        if (!teller.question.skipProofs) yield { event: { $case: 'proof', value } };
      }
      return;
    }
    case 'finished': {
      const { reason, text, tokens } = event.value;
      const variant = teller.variants[event.value.variant]!;
      yield { event: { $case: 'finished', value: { variant, reason, text, tokens } } };
    }
  }
}

/** The model that runs is checked once more: it may be another replica than the one that was asked. */
function* tellStarted(started: GenerationStarted, { plan }: Teller): Generator<GenerateSteeredTextResponse> {
  for (const sae of plan.saes) requireSameModel(plan.model.name, started.lineage, sae);
  yield { event: { $case: 'started', value: startedMessage(started, plan) } };
}

function* tellToken(token: GeneratedToken, teller: Teller): Generator<GenerateSteeredTextResponse> {
  const { position, tokenId, text, logprob, topLogprobs } = token;
  const variant = teller.variants[token.variant]!;
  const isSteered = variant === SteeringVariant.STEERED;
  if (isSteered) teller.tally.addToken(token);
  const value = {
    variant,
    position,
    tokenId,
    text,
    logprob,
    unsteeredLogprob: isSteered ? token.uneditedLogprob : undefined,
    kl: isSteered ? token.kl : undefined,
    topLogprobs,
  };
  yield { event: { $case: 'token', value } };
}

function summarize(tally: EffectTally, { requireEffect }: SteeredTextQuestion): GenerateSteeredTextResponse {
  const effect = tally.effect();
  const notice = noticeOf(effect);
  if (requireEffect && notice !== '')
    throw new FacetError('precondition', `the steering had no effect: ${notice}`, {
      reason: 'STEERING_HAD_NO_EFFECT',
    });
  return { event: { $case: 'summary', value: summaryMessage(effect, notice) } };
}
