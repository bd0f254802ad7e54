import { mapAhead } from './map-ahead.ts';

/** Calls that end when told to. */
function controlled() {
  const calls: { input: number; resolve(): void; reject(error: Error): void }[] = [];
  const map = (input: number) =>
    new Promise<number>((resolve, reject) => {
      calls.push({ input, resolve: () => resolve(input * 10), reject });
    });
  return { calls, map };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('mapAhead', () => {
  test('keeps `ahead` calls under way and yields in order, whatever order they end in', async () => {
    const { calls, map } = controlled();
    const results = mapAhead([1, 2, 3, 4], 2, map);
    const first = results.next();
    await turn();
    expect(calls.map(({ input }) => input)).toEqual([1, 2]);
    calls[1]!.resolve();
    await turn();
    calls[0]!.resolve();
    expect((await first).value).toBe(10);
    const second = results.next();
    await turn();
    expect(calls).toHaveLength(3);
    expect((await second).value).toBe(20);
    const third = results.next();
    await turn();
    calls[2]!.resolve();
    calls[3]!.resolve();
    expect([(await third).value, (await results.next()).value]).toEqual([30, 40]);
    expect((await results.next()).done).toBe(true);
  });

  test('throws the first error in order, starts no more, and waits for what is under way', async () => {
    const { calls, map } = controlled();
    const results = mapAhead([1, 2, 3], 2, map);
    const first = results.next();
    await turn();
    calls[0]!.reject(new Error('one'));
    let ended = false;
    const settled = first.catch((error) => {
      ended = true;
      return error;
    });
    await turn();
    expect(ended).toBe(false);
    calls[1]!.reject(new Error('two'));
    expect((await settled).message).toBe('one');
    expect(calls).toHaveLength(2);
  });

  test('passes on an error of its inputs', async () => {
    async function* inputs() {
      yield 1;
      throw new Error('no more');
    }
    const results = mapAhead(inputs(), 4, async (input) => input);
    await expect(results.next()).rejects.toThrow('no more');
  });
});
