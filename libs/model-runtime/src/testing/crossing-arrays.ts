import { Worker } from 'node:worker_threads';

/** Gives the length of the longest array in every message that threads send to this one while `work` runs. */
export async function crossingArrays(work: () => Promise<unknown>): Promise<number[]> {
  const { emit } = Worker.prototype;
  const lengths: number[] = [];
  Worker.prototype.emit = function watched(this: Worker, event: string | symbol, ...values: unknown[]) {
    if (event === 'message') lengths.push(longestArray(values[0]));
    return Reflect.apply(emit, this, [event, ...values]);
  };
  try {
    await work();
  } finally {
    Worker.prototype.emit = emit;
  }
  return lengths;
}

function longestArray(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (ArrayBuffer.isView(value)) return (value as Float32Array).length;
  return Math.max(0, Array.isArray(value) ? value.length : 0, ...Object.values(value).map(longestArray));
}
