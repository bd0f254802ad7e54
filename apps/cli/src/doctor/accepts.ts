import { createConnection } from 'node:net';
import { parseHostPort } from '@facet/mesh';

/** A service on this machine answers at once, milliseconds. */
export const CONNECT_TIMEOUT_MS = 1500;

/** Whether anything accepts a TCP connection at `host:port`. */
export function accepts(address: string): Promise<boolean> {
  const target = parseHostPort(address.replace(/^dns:\/\/\//, ''));
  if (target === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createConnection({ ...target, host: target.host.replace(/^\[|\]$/g, '') });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
