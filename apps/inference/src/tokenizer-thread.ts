import { Worker } from 'node:worker_threads';
import { FacetError } from '@facet/errors';
import type { EncodeCall, EncodeReply, TokenizerThreadData } from './tokenizer-protocol.ts';

/** Encodes texts outside of the thread that serves calls: a megabyte of text takes seconds. */
export interface TokenizerThread {
  /** Encodes texts; the ids of all stand one after another. */
  encode(texts: readonly string[], addSpecial: boolean): Promise<{ ids: Int32Array; lengths: number[] }>;
  close(): Promise<void>;
}

/** Prepares the thread of one model directory; it starts with the first call, and again after it was lost. */
export function createTokenizerThread(directory: string): TokenizerThread {
  const pending = new Map<number, (reply: EncodeReply['outcome']) => void>();
  let worker: Worker | undefined;
  let nextId = 0;

  const lose = (lost: Worker, reason: string) => {
    if (worker !== lost) return;
    worker = undefined;
    const waiting = [...pending.values()];
    pending.clear();
    for (const answer of waiting) answer({ bug: reason });
  };
  const start = () => {
    const workerData: TokenizerThreadData = { directory };
    const started = new Worker(new URL('../dist/tokenizer-worker.js', import.meta.url), { workerData });
    started.on('message', ({ id, outcome }: EncodeReply) => {
      const answer = pending.get(id);
      pending.delete(id);
      answer?.(outcome);
    });
    started.on('error', (error) => lose(started, `the tokenizer thread failed: ${String(error)}`));
    started.on('exit', (code) => lose(started, `the tokenizer thread exited with code ${code}`));
    started.unref();
    return started;
  };
  return {
    async encode(texts, addSpecial) {
      worker ??= start();
      const call: EncodeCall = { id: nextId++, texts, addSpecial };
      const answered = new Promise<EncodeReply['outcome']>((resolve) => pending.set(call.id, resolve));
      worker.postMessage(call);
      const outcome = await answered;
      if ('ids' in outcome) return outcome;
      if ('bug' in outcome) throw new Error(outcome.bug);
      throw new FacetError(outcome.kind, outcome.message, { reason: outcome.reason });
    },
    async close() {
      await worker?.terminate();
    },
  };
}
