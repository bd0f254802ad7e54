import fc from 'fast-check';
import { joinSequences } from '../tokens/token-sequences.ts';
import { batchTokensOf, planBatches } from './batches.ts';

describe('planBatches', () => {
  test('keeps equal sequences in order and fills the budget', () => {
    expect(planBatches([4, 4, 4, 4, 4], 8)).toEqual([
      { sequences: [0, 1], positions: 4 },
      { sequences: [2, 3], positions: 4 },
      { sequences: [4], positions: 4 },
    ]);
  });

  test('groups similar lengths, so that little is padded', () => {
    expect(planBatches([10, 100, 9, 95], 200)).toEqual([
      { sequences: [1, 3], positions: 100 },
      { sequences: [0, 2], positions: 10 },
    ]);
  });

  test('runs a sequence that is longer than the budget alone', () => {
    expect(planBatches([2, 50], 8)).toEqual([
      { sequences: [0], positions: 2 },
      { sequences: [1], positions: 50 },
    ]);
  });

  test('places every sequence once, within the budget and with at most a quarter of padding', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 50 }), (lengths) => {
        const batches = planBatches(lengths, 100);
        const placed = batches.flatMap(({ sequences }) => sequences).sort((a, b) => a - b);
        expect(placed).toEqual(lengths.map((_, index) => index));
        for (const { sequences, positions } of batches) {
          expect(positions).toBe(Math.max(...sequences.map((index) => lengths[index]!)));
          expect(sequences.length * positions).toBeLessThanOrEqual(100);
          for (const index of sequences) expect(lengths[index]!).toBeGreaterThanOrEqual(0.75 * positions);
        }
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

describe('batchTokensOf', () => {
  test('pads on the right with 0', () => {
    const sequences = joinSequences([[1, 2, 3], [9], [4, 5]]);
    expect([...batchTokensOf(sequences, { sequences: [0, 2], positions: 3 })]).toEqual([1, 2, 3, 4, 5, 0]);
  });
});
