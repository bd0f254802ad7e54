import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { sendResult } from './response.ts';

const facts = {
  queryId: 'q',
  format: 'TSV',
  timezone: 'UTC',
  isInsert: false,
  streamed: true,
};

async function* endless() {
  for (const chunk = Buffer.alloc(65_536); ; ) yield chunk;
}

describe('sendResult', () => {
  let server: Server;
  let reader: Socket;
  afterEach(async () => {
    reader.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each([false, true])('cuts a reader off that takes nothing, gzip %s', async (gzip) => {
    const outcome = new Promise<unknown>((resolve) => {
      server = createServer((_, response) => {
        const left = new AbortController();
        response.on('close', () => left.abort());
        const result = { chunks: endless(), rowsRead: 0, bytesRead: 0, elapsedSeconds: 0 };
        const options = { facts: { ...facts, gzip }, signal: left.signal, readerIdleMs: 200 };
        sendResult(response, result, options).then(resolve, resolve);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
    reader.on('error', () => {});
    reader.pause();
    reader.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    expect(await outcome).toMatchObject({
      code: 159,
      message: expect.stringContaining('The reader took nothing for 200 ms; read on'),
    });
    reader.resume();
    await once(reader, 'close');
  });
});
