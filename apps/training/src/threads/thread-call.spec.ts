import { callThread } from './thread-call.ts';

/** Says that it has begun, then blocks its thread, as a native call does, until `gate` is 1; answers what `times` it was asked. */
const BLOCKED = `
  import { parentPort, workerData } from 'node:worker_threads';
  const asked = [];
  parentPort.on('message', ({ type }) => {
    if (asked.push(type) < workerData.times) return;
    parentPort.postMessage({ type: 'done', result: asked });
    parentPort.close();
  });
  parentPort.postMessage({ type: 'report', report: 'begun' });
  Atomics.wait(new Int32Array(workerData.gate), 0, 0);`;

/** Leaves without an answer. */
const SILENT = 'process.exit(7);';

const fileOf = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function start(source: string, times = 1) {
  const gate = new SharedArrayBuffer(4);
  const controllers = { cancel: new AbortController(), suspend: new AbortController() };
  const begun = deferred();
  const stillComputing = deferred();
  const result = callThread<object, string, string[]>({
    file: fileOf(source),
    input: { gate, times },
    signal: controllers.cancel.signal,
    suspend: controllers.suspend.signal,
    onReport: () => begun.resolve(),
    // The third time: had the first one ended the thread, it would be gone by now.
    onStillComputing: (before) => before === 2 && stillComputing.resolve(),
    patienceMs: 1,
  });
  const open = () => {
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
  };
  return { result, ...controllers, begun: begun.promise, stillComputing: stillComputing.promise, open };
}

describe('callThread', () => {
  test.each(['cancel', 'suspend'] as const)(
    'waits for a thread in a native call after %s, says that it still computes, and takes its answer',
    async (request) => {
      const thread = start(BLOCKED);
      await thread.begun;
      thread[request].abort();
      await thread.stillComputing;
      thread.open();
      expect(await thread.result).toEqual([request]);
    },
  );

  test('passes on first the one request, then the other', async () => {
    const thread = start(BLOCKED, 2);
    await thread.begun;
    thread.suspend.abort();
    thread.cancel.abort();
    thread.open();
    expect(await thread.result).toEqual(['suspend', 'cancel']);
  });

  test('rejects where the thread ends without an answer', async () => {
    await expect(start(SILENT).result).rejects.toMatchObject({
      kind: 'aborted',
      message: 'a thread ended with code 7 before it was done',
    });
  });
});
