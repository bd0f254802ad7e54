import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Connection, connect } from '../connecting/connect.ts';
import { createServiceClient } from '../connecting/service-client.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';

const ENTRY = fileURLToPath(new URL('../testing/lost-call-process.ts', import.meta.url));

let child: ChildProcess;
let connection: Connection;

beforeEach(async () => {
  child = spawn(process.execPath, ['--import', 'tsx', '--conditions=facet-source', ENTRY]);
  const [address] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  connection = connect(address);
});

afterEach(async () => {
  connection.close();
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
});

describe('guardProcess', () => {
  test('answers the call whose code threw where nobody catches, and the next one', async () => {
    const client = createServiceClient(EchoServiceDefinition, connection);
    await expect(client.getEcho({})).rejects.toThrow(/internal error in echo; request id/);
    const rows: number[] = [];
    const reading = (async () => {
      for await (const { firstRow } of client.streamBlocks({})) rows.push(firstRow);
    })();
    await expect(reading).rejects.toThrow(/internal error in echo; request id/);
    expect(rows).toEqual([7]);
    await expect(client.createEcho({ texts: ['alive'] })).resolves.toEqual({ texts: ['alive'] });
  });
});
