import { readConfig, runMain } from '@facet/mesh';
import { z } from 'zod';
import { readClickhouseConfig } from './config.ts';
import { STOP_WITH_STDIN } from './process/spawn-clickhouse.ts';
import { startClickhouse } from './service.ts';

await runMain(async () => {
  const config = readClickhouseConfig(process.env);
  const running = await startClickhouse(config);
  process.stdout.write(`${JSON.stringify({ ready: running.url })}\n`);
  const schema = z.object({ [STOP_WITH_STDIN]: z.enum(['1']).optional() });
  if (readConfig(schema, process.env)[STOP_WITH_STDIN] === '1') {
    process.stdin.resume().on('close', () => process.kill(process.pid, 'SIGTERM'));
  }
  return { stop: () => running.stop() };
});
