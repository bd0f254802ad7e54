import type { IncomingMessage } from 'node:http';
import { type KnownHosts, refuseStrangers } from './strangers.ts';

const local: KnownHosts = { bound: '127.0.0.1', hosts: [] };

function send(headers: Record<string, string>, known = local): () => void {
  return () => refuseStrangers({ headers } as unknown as IncomingMessage, known);
}

describe('refuseStrangers', () => {
  test.each(['127.0.0.1:8123', 'localhost:8123', 'LOCALHOST', '[::1]:8123', '127.0.0.2'])(
    'knows the host %s',
    (host) => {
      expect(send({ host })).not.toThrow();
    },
  );

  test.each([
    ['evil.example'],
    ['127.0.0.1.evil.example:8123'],
    ['localhost.evil.example'],
    ['evil.localhost'],
    ['10.0.0.1:8123'],
    ['0.0.0.0:8123'],
    ['[::ffff:7f00:1]'],
    [''],
    ['@127.0.0.1'],
  ])('refuses the host %j', (host) => {
    expect(send({ host })).toThrow(/FACET_CLICKHOUSE_HOSTS.*ACCESS_DENIED/);
  });

  test('knows the bound address, every address where it is bound to all, and the names that are given', () => {
    expect(send({ host: '10.0.0.1:8123' }, { bound: '10.0.0.1', hosts: [] })).not.toThrow();
    expect(send({ host: '10.0.0.1' }, { bound: '0.0.0.0', hosts: [] })).not.toThrow();
    expect(send({ host: 'evil.example' }, { bound: '0.0.0.0', hosts: [] })).toThrow();
    expect(send({ host: 'clickhouse:8123' }, { bound: '0.0.0.0', hosts: ['clickhouse'] })).not.toThrow();
  });

  test.each([
    'null',
    'http://evil.example',
    'http://127.0.0.1:3000',
    'http://localhost:8123',
    'http://127.0.0.1',
    'file://',
    'chrome-extension://x',
    '',
  ])('refuses a page of %j', (origin) => {
    expect(send({ host: '127.0.0.1:8123', origin })).toThrow(/comes from a page of/);
  });

  test('takes its own page, and requests that no page makes', () => {
    expect(send({ host: '127.0.0.1:8123', origin: 'http://127.0.0.1:8123' })).not.toThrow();
    for (const site of ['none', 'same-origin'])
      expect(send({ host: '127.0.0.1', 'sec-fetch-site': site })).not.toThrow();
  });

  test.each(['cross-site', 'same-site'])('refuses what a browser calls %s', (site) => {
    expect(send({ host: '127.0.0.1', 'sec-fetch-site': site })).toThrow(/another site/);
  });
});
