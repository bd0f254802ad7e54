import { parentPort } from 'node:worker_threads';
import { Decompress } from 'fzstd';
import type { ZstdBlock, ZstdReply } from './zstd-thread.ts';

let decoder: Decompress | undefined;
let chunks: Uint8Array[] = [];

/** Unpacks a block; a damaged one may keep this thread for ever, so it is not the thread that serves calls. */
function unpack({ bytes, isFirst, isLast }: ZstdBlock): ZstdReply {
  try {
    if (isFirst) decoder = new Decompress((chunk) => chunks.push(chunk.slice()));
    decoder?.push(bytes, isLast);
    const reply = { chunks };
    chunks = [];
    return reply;
  } catch (cause) {
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  }
}

parentPort?.on('message', (block: ZstdBlock) => parentPort?.postMessage(unpack(block)));
