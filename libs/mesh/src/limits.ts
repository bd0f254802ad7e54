import type { ChannelOptions } from '@grpc/grpc-js';

/** Largest message a service receives or sends unless it says otherwise. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4 * 2 ** 20;
/** Largest message limit that may be asked for: larger data is streamed in blocks. */
export const MAX_MESSAGE_BYTES = 64 * 2 ** 20;
/** HTTP/2 window: 2–3 times the throughput of the default 64 KiB for tensor streams. */
const FLOW_CONTROL_WINDOW_BYTES = 8 * 2 ** 20;
/** A silent connection is probed after this long, and dropped when the probe gets no answer in time. */
const KEEPALIVE_TIME_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

export interface MessageLimits {
  /** Largest message accepted, bytes. @default 4 MiB, at most 64 MiB */
  maxReceiveBytes?: number;
  /** Largest message sent, bytes. @default 4 MiB, at most 64 MiB */
  maxSendBytes?: number;
}

/** Options that both ends of a connection share. */
export function transportOptions({ maxReceiveBytes, maxSendBytes }: MessageLimits): ChannelOptions {
  return {
    'grpc.max_receive_message_length': checked(maxReceiveBytes),
    'grpc.max_send_message_length': checked(maxSendBytes),
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  };
}

function checked(bytes = DEFAULT_MAX_MESSAGE_BYTES): number {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_MESSAGE_BYTES) {
    throw new RangeError(`a message limit must be from 1 to ${MAX_MESSAGE_BYTES} bytes; it is ${bytes}`);
  }
  return bytes;
}
