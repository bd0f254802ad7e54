import { setTimeout as sleep } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import { runMain } from '../run-main.ts';

/** A process for tests of runMain: prints `started`, and stops as its argument says. */
const behaviours: Record<string, () => Promise<void>> = {
  quick: async () => {
    process.stdout.write('stopping\n');
  },
  stuck: async () => {
    process.stdout.write('stopping\n');
    await sleep(60_000);
  },
};

async function start(signal: AbortSignal) {
  const behaviour = process.argv[2] ?? '';
  if (behaviour === 'invalid') throw new FacetError('invalid', 'FACET_X is wrong');
  if (behaviour === 'bug') throw new TypeError('a bug');
  const open = setInterval(() => {}, 60_000);
  if (behaviour === 'slow') {
    process.stdout.write('started\n');
    await sleep(60_000, undefined, { signal }).catch(() => {
      clearInterval(open);
      throw new FacetError('cancelled', 'stopped while starting');
    });
  }
  process.stdout.write('started\n');
  return { stop: behaviours[behaviour]! };
}

await runMain(start);
