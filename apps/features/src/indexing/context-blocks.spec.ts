import { createRandom } from '@facet/feature-index/testing';
import { contextBlocks } from './context-blocks.ts';

describe('contextBlocks', () => {
  test('covers all rows in order, cuts only where contexts begin, and stays below the target where it can', () => {
    const random = createRandom(4);
    for (let round = 0; round < 100; round += 1) {
      const contexts = Array.from(
        { length: 1 + Math.floor(random() * 9) },
        () => 1 + Math.floor(random() * 30),
      );
      const positions = Int32Array.from(contexts.flatMap((length) => Array.from({ length }, (_, i) => i)));
      const blocks = [...contextBlocks(positions, positions.length, 20)];
      expect(blocks.map(({ start }) => start)).toEqual([0, ...blocks.slice(0, -1).map(({ end }) => end)]);
      expect(blocks.at(-1)!.end).toBe(positions.length);
      for (const { start, end } of blocks) {
        expect(positions[start]).toBe(0);
        const inside = positions.subarray(start + 1, end).filter((position) => position === 0).length;
        if (inside > 0) expect(end - start).toBeLessThanOrEqual(20);
      }
    }
  });

  test('ends in the middle of a context where the rows end there', () => {
    const positions = Int32Array.of(0, 1, 2, 0, 1, 2);
    expect([...contextBlocks(positions, 5, 4)]).toEqual([
      { start: 0, end: 3 },
      { start: 3, end: 5 },
    ]);
    expect([...contextBlocks(positions, 0, 4)]).toEqual([]);
  });
});
