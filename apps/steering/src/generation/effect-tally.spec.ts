import type { PositionProof } from '@facet/contracts';
import { createEffectTally, noticeOf } from './effect-tally.ts';

const proof = (position: number, more: Partial<PositionProof> = {}): PositionProof => ({
  hookPoint: 'x',
  position,
  features: [],
  deltaNorm: 0,
  xNorm: 1,
  edited: false,
  ...more,
});

describe('createEffectTally', () => {
  test('averages over the vectors that were moved, and over the generated tokens', () => {
    const tally = createEffectTally();
    tally.addProof(proof(0, { xNorm: 100 }));
    tally.addProof(proof(1, { edited: true, deltaNorm: 2, xNorm: 4 }));
    tally.addProof(proof(2, { edited: true, deltaNorm: 6, xNorm: 8 }));
    tally.addProof(proof(3, { edited: true, deltaNorm: 0, xNorm: 50 }));
    tally.addToken({ kl: 0.5, uneditedLogprob: -1 });
    tally.addToken({ kl: 1.5, uneditedLogprob: -4 });
    const effect = tally.effect();
    expect(effect).toEqual({
      positions: 4,
      positionsReached: 3,
      positionsEdited: 2,
      meanDeltaNorm: 4,
      meanXNorm: 6,
      meanRelativeDelta: 0.625,
      meanKl: 1,
      unsteeredNll: 2.5,
    });
    expect(noticeOf(effect)).toBe('');
  });

  test('counts a position once, whatever the number of hook points', () => {
    const tally = createEffectTally();
    tally.addProof(proof(1, { edited: true, deltaNorm: 2, xNorm: 4 }));
    tally.addProof(proof(1, { hookPoint: 'y', edited: true, deltaNorm: 4, xNorm: 2 }));
    expect(tally.effect()).toMatchObject({ positions: 1, positionsEdited: 1, meanDeltaNorm: 3 });
  });

  test('gives no means of what was not measured', () => {
    const tally = createEffectTally();
    tally.addToken({ kl: undefined, uneditedLogprob: undefined });
    expect(tally.effect()).toMatchObject({ meanKl: undefined, unsteeredNll: undefined, meanDeltaNorm: 0 });
  });
});

describe('noticeOf', () => {
  test('tells an edit that applied nowhere from one that moved nothing', () => {
    const nowhere = createEffectTally();
    nowhere.addProof(proof(0));
    expect(noticeOf(nowhere.effect())).toContain('nothing was edited');
    const still = createEffectTally();
    still.addProof(proof(0));
    still.addProof(proof(1, { edited: true }));
    expect(noticeOf(still.effect())).toBe(
      'nothing changed: the edits applied at 1 of 2 positions and moved no vector',
    );
  });
});
