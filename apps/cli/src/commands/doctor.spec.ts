import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '@facet/mesh';
import { checkNode } from '../doctor/machine.ts';
import { spawnFacet } from '../testing/spawn-facet.ts';

interface CheckRecord {
  name: string;
  status: string;
  found: string;
}

describe('checkNode', () => {
  test.each([
    ['18.20.4', 'failed'],
    ['20.0.0', 'ok'],
    ['24.1.0', 'ok'],
  ])('finds %s %s', (version, status) => expect(checkNode(version).status).toBe(status));
});

describe('facet doctor', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-doctor-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  test('finds this machine fit, as one JSON line, and leaves nothing behind', async () => {
    const { exitCode, stdout } = await spawnFacet(['doctor', '--json', '--data-dir', join(folder, 'new')])
      .ended;
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: CheckRecord[] };
    const found = new Map(checks.map((check) => [check.name, check]));
    expect(found.get('Node.js')).toMatchObject({ status: 'ok', found: process.versions.node });
    expect(found.get('onnxruntime-node')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^1\.\d+/),
    });
    expect(found.get('chdb')).toMatchObject({ status: 'ok', found: expect.stringMatching(/^3\.\d+/) });
    expect(found.get('data directory')?.status).toBe('ok');
    expect(healthy).toBe(checks.every(({ status }) => status !== 'failed'));
    expect(exitCode).toBe(healthy ? EXIT_CODES.OK : EXIT_CODES.PRECONDITION);
    expect(await readdir(folder)).toEqual([]);
  });

  test('tells a port that something else has taken', async () => {
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = ['doctor', '--json', '--data-dir', folder, '--steering-address', address];
    const { stdout } = await spawnFacet(args).ended;
    server.close();
    const checks = JSON.parse(stdout).checks as CheckRecord[];
    const steering = checks.find(({ name }) => name === 'service steering');
    expect(steering?.status).toBe('warning');
    expect(steering?.found).toContain(`${address} is taken by something`);
  });

  test('fails with exit code 3 when NATS or ClickHouse are named but not there', async () => {
    const env = { NATS_URL: 'nats://127.0.0.1:1', CLICKHOUSE_URL: 'http://127.0.0.1:1' };
    const { exitCode, stdout } = await spawnFacet(['doctor', '--json', '--data-dir', folder], env).ended;
    const checks = JSON.parse(stdout).checks as CheckRecord[];
    const failures = checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
    expect(failures).toEqual(expect.arrayContaining(['NATS', 'ClickHouse']));
    expect(exitCode).toBe(EXIT_CODES.PRECONDITION);
  });
});
