import { HealthDefinition } from 'nice-grpc-server-health';
import { createServiceClient } from '../connecting/service-client.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { type EchoSetup, serveEcho } from '../testing/serve-echo.ts';
import { peerReady } from './peer-ready.ts';
import type { ReadinessCheck } from './readiness.ts';

const SERVING = 1;
const NOT_SERVING = 2;

const open: EchoSetup[] = [];
afterEach(async () => {
  for (const setup of open.splice(0)) await setup.close();
});

async function start(readiness: readonly ReadinessCheck[]): Promise<EchoSetup> {
  const setup = await serveEcho({}, { readiness });
  open.push(setup);
  return setup;
}

async function statusOf({ connection }: EchoSetup, service = ''): Promise<number> {
  const { status } = await createServiceClient(HealthDefinition, connection).check({ service });
  return Number(status);
}

/** Waits for a status in the stream of health. */
async function becomes({ connection }: EchoSetup, wanted: number, service = ''): Promise<void> {
  const end = new AbortController();
  const client = createServiceClient(HealthDefinition, connection);
  for await (const { status } of client.watch({ service }, { signal: end.signal })) {
    if (Number(status) === wanted) return;
  }
}

/** Something that is needed, and can go away and come back. */
function dependency(name: string, services?: readonly string[]) {
  const state = { there: true };
  const check = () => {
    if (!state.there) throw new Error(`${name} is gone`);
  };
  return { state, check: { name, check, ...(services && { services }) } };
}

describe('readiness', () => {
  test('is known when the server has started', async () => {
    const lost = dependency('clickhouse');
    lost.state.there = false;
    expect(await statusOf(await start([lost.check]))).toBe(NOT_SERVING);
    expect(await statusOf(await start([dependency('clickhouse').check]))).toBe(SERVING);
    expect(await statusOf(await start([]))).toBe(SERVING);
  });

  test('follows what is needed, away and back, and says so in the log', async () => {
    const { state, check } = dependency('clickhouse');
    const setup = await start([dependency('other').check, check]);
    state.there = false;
    await becomes(setup, NOT_SERVING);
    state.there = true;
    await becomes(setup, SERVING);
    const lines = setup.logged.filter(({ needs }) => needs !== undefined);
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'not ready', needs: 'clickhouse', problem: 'clickhouse is gone' },
      { level: 'info', msg: 'ready again', needs: 'clickhouse' },
    ]);
  }, 30_000);

  test('concerns only the services that need it', async () => {
    const { state, check } = dependency('clickhouse', ['some.other.Service']);
    state.there = false;
    const setup = await start([check]);
    expect(await statusOf(setup)).toBe(NOT_SERVING);
    expect(await statusOf(setup, EchoServiceDefinition.fullName)).toBe(SERVING);
  });

  test('does not keep a server from stopping while a check hangs', async () => {
    let release: () => void = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const setup = await start([
      {
        name: 'slow',
        check: (signal) => {
          calls += 1;
          if (calls === 1) return;
          signal.addEventListener('abort', release);
          return hanging;
        },
      },
    ]);
    await expect(setup.server.stop(0)).resolves.toBeUndefined();
  });
});

describe('peerReady', () => {
  test('needs a peer that answers and is itself ready', async () => {
    const { state, check } = dependency('clickhouse');
    const peer = await start([check]);
    const setup = await start([peerReady('features', peer.connection)]);
    expect(await statusOf(setup)).toBe(SERVING);
    state.there = false;
    await becomes(setup, NOT_SERVING);
    state.there = true;
    await becomes(setup, SERVING);
    await peer.server.stop(0);
    await becomes(setup, NOT_SERVING);
    const problems = setup.logged.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    expect(problems[0]).toBe(`features at ${peer.server.address} is not ready`);
    expect(String(problems[1])).toContain(peer.server.address);
  }, 60_000);
});
