import {
  EditScope,
  FinishReason,
  ResolvedEdit,
  SteeredTextFinished,
  SteeredToken,
  SteeringStarted,
  SteeringSummary,
  SteeringVariant,
} from '@facet/contracts';
import { createPalette } from '../text/palette.ts';
import { createEdit } from './edit.ts';
import { renderProof } from './proof.ts';
import type { SteeringOutcome } from './steer.ts';
import { renderSteering } from './steering.ts';

const plain = createPalette(false);

function outcomeOf(summary: Partial<SteeringSummary> = {}): SteeringOutcome {
  const edit = createEdit('saes/x/features/12', { $case: 'clampToMax', value: 10 });
  const finished = (variant: SteeringVariant, text: string) =>
    SteeredTextFinished.fromPartial({ variant, text, tokens: 2, reason: FinishReason.MAX_TOKENS });
  const token = (position: number, text: string, kl: number) =>
    SteeredToken.fromPartial({ variant: SteeringVariant.STEERED, position, text, kl });
  const proof = (position: number, fBefore: number, edited: boolean) => ({
    hookPoint: 'blocks.2.hook_resid_post',
    position,
    features: [{ edit: 0, fBefore, fAfter: edited ? 42 : fBefore }],
    deltaNorm: edited ? 41.5 : 0,
    xNorm: 6.25,
    edited,
  });
  return {
    started: SteeringStarted.fromPartial({
      seed: 7n,
      promptTokenTexts: ['<s>', 'Once'],
      edits: [
        ResolvedEdit.fromPartial({
          edit: { ...edit, scope: EditScope.ALL },
          hookPoint: 'blocks.2.hook_resid_post',
          scale: 0,
          offset: 42,
          maxActivation: 4.2,
        }),
      ],
    }),
    normal: finished(SteeringVariant.DEFAULT, ' upon a'),
    steered: finished(SteeringVariant.STEERED, ' dog dog'),
    normalTokens: [],
    steeredTokens: [token(2, ' dog', 3.5), token(3, ' dog', 0.25)],
    proofs: [proof(0, 0, false), proof(1, 0, true), proof(2, 1.5, true)],
    summary: SteeringSummary.fromPartial({
      positions: 3,
      positionsEdited: 2,
      meanDeltaNorm: 41.5,
      meanXNorm: 6.25,
      meanKl: 1.875,
      ...summary,
    }),
  };
}

describe('renderProof', () => {
  test('says the rule, every position with f before and after, and the KL of the token drawn there', () => {
    const lines = renderProof(outcomeOf(), 10, plain).split('\n');
    expect(lines[0]).toBe(
      "edit 0: saes/x/features/12 clamp_to_max:10 at blocks.2.hook_resid_post: f' = 42.0, indexed maximum 4.20",
    );
    expect(lines[3]).toMatch(/^\s+0\s+"<s>"\s+0\s+0\s+0\s+6\.25\s+left alone$/);
    expect(lines[4]).toMatch(/^\s+1\s+"Once"\s+0\s+42\.0\s+41\.5\s+6\.25\s+3\.50$/);
    expect(lines[5]).toMatch(/^\s+2\s+" dog"\s+1\.50\s+42\.0\s+41\.5\s+6\.25\s+0\.250$/);
    expect(lines.at(-1)).toContain('edited 2 of 3 positions');
    expect(lines.at(-1)).toContain('seed 7');
  });

  test('says how many positions it leaves out', () => {
    expect(renderProof(outcomeOf(), 1, plain)).toContain('… 2 more positions');
  });

  test('puts a notice first when nothing was changed', () => {
    expect(renderProof(outcomeOf({ notice: 'no position was changed' }), 0, plain)).toContain(
      'NOTICE: no position was changed\n',
    );
  });
});

describe('renderProof of a rule', () => {
  test.each([
    [0, 0, "f' = 0"],
    [1, 0, "f' = f"],
    [1, 2.5, "f' = f + 2.50"],
    [0.5, 0, "f' = 0.500·f"],
  ])('writes scale %d and offset %d as %s', (scale, offset, rule) => {
    const outcome = outcomeOf();
    Object.assign(outcome.started.edits[0]!, { scale, offset, maxActivation: 0 });
    const line = renderProof(outcome, 0, plain).split('\n')[0]!;
    expect(line.slice(line.indexOf("f'"))).toBe(rule);
  });
});

describe('renderSteering', () => {
  test('shows prompt and text of both sides', () => {
    const text = renderSteering('Once', outcomeOf(), { palette: plain, columns: 80, limit: 0 });
    expect(text).toMatch(/^default\s+│ steered$/m);
    expect(text).toMatch(/^Once upon a\s+│ Once dog dog$/m);
  });

  test('shows the likeliest tokens with their probabilities where they were asked for', () => {
    const outcome = outcomeOf();
    const top = (text: string, probability: number) => ({ tokenId: 0, text, logprob: Math.log(probability) });
    Object.assign(outcome.steeredTokens[0]!, {
      logprob: Math.log(0.125),
      topLogprobs: [top(' cat', 0.5), top(' dog', 0.125)],
    });
    const text = renderSteering('Once', outcome, { palette: plain, columns: 80, limit: 5 });
    expect(text).toMatch(/^position\s+drawn\s+likeliest$/m);
    expect(text).toMatch(/^\s+2\s+" dog" 12\.5%\s+" cat" 50\.0%\s+" dog" 12\.5%$/m);
    const without = renderSteering('Once', outcomeOf(), { palette: plain, columns: 80, limit: 5 });
    expect(without).not.toContain('likeliest');
  });
});
