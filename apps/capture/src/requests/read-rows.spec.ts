import { DataType } from '@facet/contracts';
import {
  type CaptureClient,
  type CaptureSetup,
  capture,
  setUpCapture,
  tinySpec,
} from '../testing/capture-setup.ts';
import { readAll } from '../testing/read-all.ts';

let setup: CaptureSetup;
let running: CaptureClient;

beforeAll(async () => {
  setup = await setUpCapture();
  running = await setup.start();
}, 60_000);
afterAll(() => setup?.close(), 30_000);

describe('ReadActivations', () => {
  beforeAll(async () => {
    const uri = await setup.corpus('rows.txt', 'abcdefg|'.repeat(9));
    await capture(running.client, 'rows', tinySpec(uri, { partitionTokens: 24 }));
  });
  const read = (more: object) =>
    readAll(running.client.readActivations({ name: 'activationSets/rows', ...more }));

  test('gives any range, across shards', async () => {
    const all = await read({});
    expect(all.tokenIds).toHaveLength(72);
    for (const [start, max] of [
      [0, 1],
      [23, 2],
      [20, 40],
      [71, 0],
      [60, 100],
      [72, 0],
    ] as const) {
      const part = await read({ startRow: BigInt(start), maxRows: BigInt(max) });
      const end = max === 0 ? 72 : Math.min(72, start + max);
      expect(part.tokenIds).toEqual(all.tokenIds.slice(start, end));
      expect(part.activations.equals(all.activations.subarray(start * 32, end * 32))).toBe(true);
      if (end > start) expect(part.blocks[0]!.firstRow).toBe(BigInt(start));
    }
  });

  test('refuses a start past the end, another type, and a set that is not ready', async () => {
    await expect(read({ startRow: 73n })).rejects.toMatchObject({ kind: 'invalid', field: 'start_row' });
    await expect(read({ dtype: DataType.I32 })).rejects.toMatchObject({ kind: 'invalid', field: 'dtype' });
    await expect(read({ name: 'activationSets/none' })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(read({ name: 'models/rows' })).rejects.toMatchObject({ kind: 'invalid' });
  });
});
