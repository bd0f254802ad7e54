import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import { runMain } from '../process/run-main.ts';

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

/** Errors that nobody catches, as libraries throw them. */
const lostErrors: Record<string, () => void> = {
  timer: () => setTimeout(() => throwValue(new Error('lost'))),
  promise: () => void Promise.reject(new Error('lost')),
  emitter: () => setImmediate(() => new EventEmitter().emit('error', new Error('lost'))),
  nothing: () => setTimeout(() => throwValue(undefined)),
  memory: () => setTimeout(() => throwValue(new RangeError('Array buffer allocation failed'))),
};

function throwValue(value: unknown): never {
  throw value;
}

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
  if (behaviour === 'early') {
    lostErrors.timer!();
    await sleep(60_000);
  }
  process.stdout.write('started\n');
  // Each line read loses the error again: what the process still answers to.
  process.stdin.on('data', () => {
    lostErrors[behaviour]!();
    setTimeout(() => process.stdout.write('alive\n'), 50);
  });
  return { stop: behaviours[behaviour] ?? behaviours.quick! };
}

await runMain(start, { service: 'test' });
