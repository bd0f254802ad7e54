import { type Clients, generateSteered, type Invocation, type SteeringOutcome } from '@facet/console';
import type { Feature, FeatureEdit, SteeredToken } from '@facet/contracts';
import { meanOrZero } from '@facet/experiments';
import type { Lexicon } from '@facet/landmarks';
import { ANSWER_SAMPLING, isAboutBridge, namesBridge, PROMPT, showsBridge } from './bridge.ts';
import { mapInFlight } from './in-flight.ts';

/** One sampled answer. */
export interface Answer {
  readonly seed: number;
  readonly text: string;
  /** Whether it is about the bridge, calls it by name, and is about it or shows its sign. */
  readonly about: boolean;
  readonly named: boolean;
  readonly shown: boolean;
}

/** Answers with a feature clamped, without where they were asked for, and what the edit did. */
export interface Answers {
  readonly normal: readonly Answer[];
  readonly steered: readonly Answer[];
  /** Means over the answers: KL(default ‖ steered) in nats, negative log-likelihoods in nats a token, ‖x' − x‖ / ‖x‖. */
  readonly kl: number;
  readonly normalNll: number;
  readonly steeredNll: number;
  readonly relativeDelta: number;
  /** The first seed's generation, with its proofs where they were asked for. */
  readonly first: SteeringOutcome;
}

/** What to sample. */
export interface AnswerPlan {
  feature: Feature;
  /** Clamp to this many times the feature's largest activation. */
  strength: number;
  seeds: readonly number[];
  lexicon: Lexicon;
  /** Only the steered texts, as for controls. */
  steeredOnly: boolean;
  title: string;
}

/** Generations under way at a time: the service batches nothing across requests, but its cores are never idle. */
const IN_FLIGHT = 4;

/** Asks the question once for every seed, with the feature clamped at all positions, and without unless told otherwise. */
export async function sampleAnswers(
  clients: Clients,
  plan: AnswerPlan,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<Answers> {
  const stage = progress.stage(plan.title);
  const begin = performance.now();
  let done = 0;
  try {
    const outcomes = await mapInFlight(plan.seeds, IN_FLIGHT, async (seed) => {
      const outcome = await generateSteered(clients, requestOf(plan, seed), signal);
      done++;
      const rate = done / ((performance.now() - begin) / 1000);
      stage.update({ done, total: plan.seeds.length, unit: 'answers', rate });
      return outcome;
    });
    const answers = collectAnswers(outcomes, plan);
    stage.done(describeAnswers(answers));
    return answers;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

function requestOf({ feature, strength, seeds, steeredOnly }: AnswerPlan, seed: number) {
  return {
    prompt: PROMPT,
    edits: [clampEdit(feature, strength)],
    sampling: { ...ANSWER_SAMPLING, stop: [...ANSWER_SAMPLING.stop], seed: BigInt(seed) },
    steeredOnly,
    skipComparison: false,
    skipProofs: steeredOnly || seed !== seeds[0],
    requireEffect: true,
  };
}

/** The edit of the paper: f' is a multiple of the feature's largest activation, at all positions. */
export function clampEdit({ name }: Feature, strength: number): Partial<FeatureEdit> {
  return { feature: name, mode: { $case: 'clampToMax', value: strength } };
}

function collectAnswers(outcomes: readonly SteeringOutcome[], { seeds, lexicon }: AnswerPlan): Answers {
  const judge = (text: string, i: number): Answer => ({
    seed: seeds[i],
    text: text.trim(),
    about: isAboutBridge(text, lexicon),
    named: namesBridge(text, lexicon),
    shown: showsBridge(text, lexicon),
  });
  return {
    normal: outcomes.flatMap(({ normal }, i) => (normal ? [judge(normal.text, i)] : [])),
    steered: outcomes.map(({ steered }, i) => judge(steered.text, i)),
    kl: meanOrZero(outcomes.map(({ summary }) => summary.meanKl ?? 0)),
    normalNll: meanOrZero(
      outcomes.flatMap(({ normalTokens }) => (normalTokens.length > 0 ? [nll(normalTokens)] : [])),
    ),
    steeredNll: meanOrZero(outcomes.map(({ summary }) => summary.unsteeredNll ?? 0)),
    relativeDelta: meanOrZero(outcomes.map(({ summary }) => summary.meanDeltaNorm / summary.meanXNorm)),
    first: outcomes[0],
  };
}

function nll(tokens: readonly SteeredToken[]): number {
  return -meanOrZero(tokens.map(({ logprob }) => logprob));
}

/** Share of the answers that are about the bridge; 0 where there are none. */
export function shareAbout(answers: readonly Pick<Answer, 'about'>[]): number {
  return meanOrZero(answers.map(({ about }) => (about ? 1 : 0)));
}

/** Share of the answers that call the bridge by name; 0 where there are none. */
export function shareNamed(answers: readonly Pick<Answer, 'named'>[]): number {
  return meanOrZero(answers.map(({ named }) => (named ? 1 : 0)));
}

/** Share of the answers that are about the bridge or show its sign; 0 where there are none. */
export function shareShown(answers: readonly Pick<Answer, 'shown'>[]): number {
  return meanOrZero(answers.map(({ shown }) => (shown ? 1 : 0)));
}

function describeAnswers({ normal, steered }: Answers): string {
  const about = (answers: readonly Answer[]) =>
    `${answers.filter((answer) => answer.about).length} of ${answers.length}`;
  const before = normal.length > 0 ? `${about(normal)} by default, ` : '';
  return `about the bridge: ${before}${about(steered)} steered`;
}
