import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { refusal, sha256, usePullSetup, WEIGHTS } from '../testing/pull-setup.ts';
import type { PullProgress } from './pull-model.ts';

const at = usePullSetup();

const THIS_MACHINE = hostname().replace(/[^a-zA-Z0-9]/g, '');
/** A process that has ended. */
const ENDED = spawnSync('true').pid;

describe('pullModel that is cut off', () => {
  test('goes on where a connection broke, several times', async () => {
    await at.pull();
    await rm(at.weightBlob);
    at.hub.requests.length = 0;
    at.hub.faults.cuts = [100_000, 50_000, 1];
    await at.pull();
    expect(at.weightRanges()).toHaveLength(4);
    const starts = at
      .weightRanges()
      .slice(1)
      .map((range) => Number(/\d+/.exec(range!)![0]));
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
    expect(starts.at(-1)).toBeLessThanOrEqual(150_001);
    await at.expectWeights();
  });

  test('keeps what came when it gives up, and the next pull asks only for the rest', async () => {
    at.hub.faults.cuts = [300_000, 0, 0, 0, 0, 0];
    expect(await refusal(at.pull())).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('is kept'),
    });
    await at.expectNoModel();
    const partial = join(at.folder, 'blobs', `${sha256(WEIGHTS)}.incomplete`);
    const here = (await stat(partial)).size;
    expect(here).toBeGreaterThan(0);
    at.hub.faults = {};
    at.hub.requests.length = 0;
    await at.pull();
    expect(at.weightRanges()).toEqual([`bytes=${here}-`]);
    await at.expectWeights();
  });

  test('begins anew where the hub gives no ranges, and ends where it always breaks at the same place', async () => {
    at.hub.faults = { isWithoutRanges: true, cuts: [200_000, 100] };
    await at.pull();
    await at.expectWeights();
    await rm(at.folder, { recursive: true });
    at.hub.faults = {
      isWithoutRanges: true,
      cuts: new Array(50).fill(100),
    };
    expect(await refusal(at.pull())).toMatchObject({ kind: 'unavailable' });
    expect(at.hub.faults.cuts!.length).toBeGreaterThan(40);
    await at.expectNoModel();
  });

  test('gives up a connection that falls silent', async () => {
    await at.pull();
    await rm(at.weightBlob);
    at.hub.faults = { isSilent: true, cuts: [1000] };
    await at.pull('org/tiny', {}, { idleMs: 1000 });
    expect(at.weightRanges().at(-1)).toMatch(/^bytes=\d+-$/);
    await at.expectWeights();
  });

  test('takes up a partial file of a pull that was killed, and throws away one with other bytes', async () => {
    const blobs = join(at.folder, 'blobs');
    await mkdir(blobs, { recursive: true });
    await writeFile(join(blobs, `${sha256(WEIGHTS)}.incomplete`), WEIGHTS.subarray(0, 1000));
    await writeFile(join(blobs, `${sha256(WEIGHTS)}.${THIS_MACHINE}-${ENDED}-1.incomplete`), '');
    await writeFile(
      join(blobs, `${sha256(WEIGHTS)}.${THIS_MACHINE}-${process.pid}-1.incomplete`),
      WEIGHTS.subarray(0, 5000),
    );
    await writeFile(
      join(blobs, `${sha256(WEIGHTS)}.another-${ENDED}-1.incomplete`),
      WEIGHTS.subarray(0, 5000),
    );
    await at.pull();
    expect(at.weightRanges()).toEqual(['bytes=1000-']);
    await rm(at.weightBlob);
    await writeFile(join(blobs, `${sha256(WEIGHTS)}.incomplete`), Buffer.alloc(1000, 7));
    await at.pull();
    expect(at.weightRanges().slice(1)).toEqual(['bytes=1000-', undefined]);
    await at.expectWeights();
    await rm(at.weightBlob);
    await writeFile(join(blobs, `${sha256(WEIGHTS)}.incomplete`), Buffer.alloc(WEIGHTS.length + 1));
    await at.pull();
    await at.expectWeights();
    // What a living process or another machine may be writing is left to it.
    const left = (await readdir(blobs)).filter((name) => name.includes('.'));
    expect(left.map((name) => name.split('.')[1]).sort()).toEqual(
      [`${THIS_MACHINE}-${process.pid}-1`, `another-${ENDED}-1`].sort(),
    );
  });

  test.each([
    ['other bytes of the same length', Buffer.alloc(WEIGHTS.length)],
    ['too many bytes', Buffer.concat([WEIGHTS, WEIGHTS])],
    ['too few bytes', WEIGHTS.subarray(0, 999)],
  ])('refuses a file that comes with %s', async (_, bytes) => {
    at.hub.faults.wrongBytes = new Map([['model.safetensors', bytes]]);
    const { kind, message } = await refusal(at.pull());
    expect(['data-loss', 'precondition', 'unavailable']).toContain(kind);
    expect(message).toMatch(/model\.safetensors|refuses org\/tiny/);
    await at.expectNoModel();
    at.hub.faults = {};
    await at.pull();
    await at.expectWeights();
  });

  test('stops when it is interrupted, and keeps what came', async () => {
    const controller = new AbortController();
    const onProgress = ({ file, doneBytes }: PullProgress) => {
      if (file === 'model.safetensors' && doneBytes > 1000) controller.abort();
    };
    expect((await refusal(at.pull('org/tiny', {}, { signal: controller.signal, onProgress }))).kind).toBe(
      'cancelled',
    );
    await at.expectNoModel();
    await at.pull();
    expect(at.weightRanges().at(-1)).toMatch(/^bytes=\d+-$/);
  });
});
