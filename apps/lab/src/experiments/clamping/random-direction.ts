import type { Clients } from '@facet/console';
import {
  EditScope,
  type GenerateTextResponse,
  type Intervention,
  type InterventionProof,
} from '@facet/contracts';
import { type DoseText, meanOrZero, randomDirection } from '@facet/experiments';
import { answerTensors, floatTensor } from '@facet/mesh';
import { createRandom } from '@facet/random';
import { repetition } from '@facet/steering';
import { LAB_MODEL } from '../../landmarks/lab.ts';
import type { DoseSetting } from './dose-texts.ts';
import type { Subject } from './subjects.ts';

/**
 * Has every prompt continued with the rule of a clamp, f' = dose · maximum, read by the feature's own encoder, but moved along a random
 * direction as long as the feature's: x' = x + (f' − f) · r with ‖r‖ = ‖W_dec[i]‖.
 */
export async function measureRandomDirection(
  { inference, saes }: Clients,
  { sae, subject, seed }: { sae: string; subject: Subject; seed: number },
  setting: DoseSetting,
): Promise<DoseText[]> {
  const { prompts, doses, sampling, signal } = setting;
  const request = { name: sae, features: [subject.feature] };
  const { hookPoint, encoderRows, encoderBias, threshold, decoderRows } = await saes.batchGetDirections(
    request,
    { signal },
  );
  const W_dec_row = answerTensors.floats(decoderRows, [1, decoderRows?.shape[1] ?? 0], 'decoder_rows');
  const random = createRandom(BigInt(seed), subject.feature);
  const direction = randomDirection(W_dec_row.length, Math.hypot(...W_dec_row), random);
  const base = { hookPoint, encoderRows, encoderBias, threshold };
  const variants = doses.map((dose) => ({
    id: `dose ${dose}`,
    interventions: [clampAlong({ ...base, direction, offset: dose * subject.maxActivation })],
  }));
  const texts: DoseText[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const events = inference.generateText(
      {
        model: LAB_MODEL,
        prompt: { $case: 'text', value: prompt },
        variants,
        sampling,
        compareWithUnedited: true,
      },
      { signal },
    );
    texts.push(...(await readTexts(events, { prompt: index, setting })));
  }
  return texts;
}

type Clamp = Pick<Intervention, 'hookPoint' | 'encoderRows' | 'encoderBias' | 'threshold'> & {
  direction: Float32Array;
  offset: number;
};

function clampAlong({ direction, offset, ...rows }: Clamp): Partial<Intervention> {
  return {
    ...rows,
    decoderRows: floatTensor(direction, [1, direction.length]),
    rules: [
      {
        feature: 0,
        scale: 0,
        offset,
        gateThreshold: undefined,
        gateFeature: undefined,
        scope: EditScope.ALL,
        span: undefined,
        includeSpecialTokens: false,
      },
    ],
  };
}

/** Gathers the texts of one prompt, a variant a dose. */
async function readTexts(
  events: AsyncIterable<GenerateTextResponse>,
  { prompt, setting }: { prompt: number; setting: DoseSetting },
): Promise<DoseText[]> {
  const { doses, judge, onText } = setting;
  const tokens = doses.map((): { id: number; nll: number; kl: number }[] => []);
  const moves = doses.map((): number[] => []);
  const texts: DoseText[] = [];
  for await (const { event } of events) {
    if (event?.$case === 'token') {
      const { variant, tokenId, uneditedLogprob = 0, kl = 0 } = event.value;
      tokens[variant].push({ id: tokenId, nll: -uneditedLogprob, kl });
    } else if (event?.$case === 'proof') {
      moves[event.value.sequence].push(...relativeMoves(event.value));
    } else if (event?.$case === 'finished') {
      const { variant, text } = event.value;
      const written = tokens[variant];
      texts.push({
        dose: doses[variant],
        prompt,
        text,
        ...judge(text),
        nll: meanOrZero(written.map(({ nll }) => nll)),
        kl: meanOrZero(written.map(({ kl }) => kl)),
        repetition: repetition(written.map(({ id }) => id)),
        relativeDelta: meanOrZero(moves[variant]),
      });
      onText();
    }
  }
  return texts;
}

/** ‖x' − x‖ / ‖x‖ at the positions that were moved. */
function relativeMoves({ deltaNorm, xNorm, positions }: InterventionProof): number[] {
  const deltas = answerTensors.floats(deltaNorm, [positions], 'delta_norm');
  const norms = answerTensors.floats(xNorm, [positions], 'x_norm');
  return [...deltas].flatMap((delta, i) => (delta > 0 && norms[i] > 0 ? [delta / norms[i]] : []));
}
