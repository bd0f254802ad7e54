import { type Clients, formatNumberOf, type Invocation } from '@facet/console';
import type { Feature, MeasureDoseResponseResponse } from '@facet/contracts';
import { meanOrZero } from '@facet/experiments';
import type { Lexicon } from '@facet/landmarks';
import { clampEdit } from './answers.ts';
import { ANSWER_SAMPLING, isAboutBridge, PROMPT } from './bridge.ts';
import { mapInFlight } from './in-flight.ts';

/** What answers are like at one strength of the clamp. */
export interface Dose {
  /** Multiple of the feature's largest activation. */
  readonly strength: number;
  /** Share of the answers about the bridge. */
  readonly share: number;
  /** Mean negative log-likelihood of the answers under the unsteered model, nats a token. */
  readonly unsteeredNll: number;
  /** Mean KL(default ‖ steered), nats. */
  readonly kl: number;
  /** Share of token 3-grams that repeat earlier ones of the same answer. */
  readonly repetition: number;
}

const STRENGTHS = [0, 1, 2, 5, 10, 20];
/** Questions to the service under way at a time; each generates all strengths in one batch. */
const IN_FLIGHT = 2;

/** What to measure. */
export interface DosePlan {
  feature: Feature;
  /** A strength that is measured beside the usual ones. */
  strength: number;
  seeds: readonly number[];
  lexicon: Lexicon;
}

/** Asks the question at several strengths, once for every seed. */
export async function measureDoses(
  clients: Clients,
  { feature, strength, seeds, lexicon }: DosePlan,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<Dose[]> {
  const strengths = [...new Set([...STRENGTHS, strength])].sort((a, b) => a - b);
  const stage = progress.stage('dose');
  let done = 0;
  try {
    const answers = await mapInFlight(seeds, IN_FLIGHT, async (seed) => {
      const sampling = { ...ANSWER_SAMPLING, stop: [...ANSWER_SAMPLING.stop], seed: BigInt(seed) };
      const request = { prompts: [PROMPT], edit: clampEdit(feature, 1), strengths, sampling };
      const responses: MeasureDoseResponseResponse[] = [];
      for await (const response of clients.steering.measureDoseResponse(request, { signal }))
        responses.push(response);
      stage.update({ done: ++done, total: seeds.length, unit: 'seeds', rate: 0 });
      return responses;
    });
    stage.done(
      `${formatNumberOf(strengths.length, 'strength')}, ${formatNumberOf(seeds.length, 'answer')} each`,
    );
    return strengths.map((one) =>
      doseOf(
        one,
        answers.flat().filter((answer) => answer.strength === one),
        lexicon,
      ),
    );
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

function doseOf(strength: number, answers: readonly MeasureDoseResponseResponse[], lexicon: Lexicon): Dose {
  return {
    strength,
    share: meanOrZero(answers.map(({ text }) => (isAboutBridge(text, lexicon) ? 1 : 0))),
    unsteeredNll: meanOrZero(answers.map(({ unsteeredNll }) => unsteeredNll)),
    kl: meanOrZero(answers.map(({ meanKl }) => meanKl)),
    repetition: meanOrZero(answers.map(({ repetition }) => repetition)),
  };
}
