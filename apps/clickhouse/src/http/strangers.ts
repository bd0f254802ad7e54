import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { raise } from '../exceptions.ts';

/** Names of this machine for itself. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const ANY_ADDRESS = new Set(['0.0.0.0', '[::]', '::']);

export interface KnownHosts {
  /** The address that the server listens on. */
  bound: string;
  /** Further names by which it is reached, such as that of a container. */
  hosts: readonly string[];
}

/**
 * Refuses what a web page of somebody else can send: a request under a name that is not this server's (DNS rebinding), one
 * that comes from another page than its own (Origin, also `null`; preflights of CORS), and one that a browser calls
 * cross-site. Nothing of it depends on the password, which a browser may have kept.
 */
export function refuseStrangers({ headers }: IncomingMessage, known: KnownHosts): void {
  const host = headers.host ?? '';
  if (!isKnown(nameOf(host), known))
    throw refusal(`the request is for the host ${JSON.stringify(host)}; name it in FACET_CLICKHOUSE_HOSTS`);
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    throw refusal(`the request comes from a page of ${JSON.stringify(origin)}`);
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw refusal('the request comes from a page of another site');
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function isKnown(name: string, { bound, hosts }: KnownHosts): boolean {
  if (LOOPBACK.test(name) || hosts.includes(name)) return true;
  if (ANY_ADDRESS.has(bound)) return isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  return name === bound.toLowerCase();
}

function refusal(why: string): Error {
  return raise(497, `Not allowed: ${why}.`);
}
