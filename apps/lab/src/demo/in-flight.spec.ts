import { mapInFlight } from './in-flight.ts';

describe('mapInFlight', () => {
  test('keeps the order, and never more than the limit under way', async () => {
    let underWay = 0;
    let most = 0;
    const work = async (item: number) => {
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < 5 - item; turn++) await Promise.resolve();
      underWay--;
      return 10 * item;
    };
    expect(await mapInFlight([0, 1, 2, 3, 4], 2, work)).toEqual([0, 10, 20, 30, 40]);
    expect(most).toBe(2);
  });

  test('begins nothing more after an error, waits for what is under way, and throws it', async () => {
    const begun: number[] = [];
    let ended = 0;
    const work = async (item: number) => {
      begun.push(item);
      if (item === 0) throw new Error('broken');
      await Promise.resolve();
      ended++;
    };
    await expect(mapInFlight([0, 1, 2, 3], 2, work)).rejects.toThrow('broken');
    expect(begun).toEqual([0, 1]);
    expect(ended).toBe(1);
  });
});
