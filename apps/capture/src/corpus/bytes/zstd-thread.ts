import { Worker } from 'node:worker_threads';

/** Part of a frame, for the thread: its header, a block or its checksum. */
export interface ZstdBlock {
  bytes: Uint8Array;
  isFirst: boolean;
  isLast: boolean;
}

export type ZstdReply = { chunks: Uint8Array[] } | { problem: string };

/** What is wrong with a file of zstd. */
export class ZstdError extends Error {}

/** Unpacks blocks in a thread of its own, one after another. */
export interface ZstdThread {
  /** Throws ZstdError for a damaged block, and for one that takes longer than `BLOCK_MS`. */
  unpack(block: ZstdBlock): Promise<Uint8Array[]>;
  close(): Promise<void>;
}

/** A block of 128 KiB takes milliseconds; damaged ones can hold fzstd for ever. */
const BLOCK_MS = 20_000;

/** Starts the thread; `close` ends it. */
export function createZstdThread(): ZstdThread {
  const worker = new Worker(new URL('../../../dist/corpus/bytes/zstd-worker.js', import.meta.url));
  let settle: ((outcome: ZstdReply) => void) | undefined;
  worker.on('message', (reply: ZstdReply) => settle?.(reply));
  worker.on('error', (error) => settle?.({ problem: String(error) }));
  worker.unref();
  return {
    async unpack(block) {
      const reply = await new Promise<ZstdReply>((resolve) => {
        const late = setTimeout(
          () => resolve({ problem: `a block took more than ${BLOCK_MS} ms` }),
          BLOCK_MS,
        );
        settle = (outcome) => {
          clearTimeout(late);
          resolve(outcome);
        };
        worker.postMessage(block);
      });
      if ('problem' in reply) throw new ZstdError(reply.problem);
      return reply.chunks;
    },
    async close() {
      await worker.terminate();
    },
  };
}
