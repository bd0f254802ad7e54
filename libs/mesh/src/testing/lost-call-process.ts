import { runMain } from '../process/run-main.ts';
import { serveEcho } from './serve-echo.ts';

/** A service whose calls wait for ever because what should end them throws where nobody catches it. */
const waits = () => new Promise<never>(() => setTimeout(() => throwLost()));

function throwLost(): never {
  throw new Error('lost');
}

await runMain(
  async () => {
    const { server } = await serveEcho({
      getEcho: waits,
      async *streamBlocks() {
        yield { firstRow: 7 };
        await waits();
      },
    });
    process.stdout.write(`${server.address}\n`);
    return server;
  },
  { service: 'test' },
);
