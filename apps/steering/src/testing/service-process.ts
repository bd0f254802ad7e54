import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A built app in a process of its own. */
export interface ServiceProcess {
  /** `host:port`, or the URL of ClickHouse. */
  address: string;
  stop(): Promise<void>;
}

/** Lines of the log that are shown when a process does not come up. */
const SHOWN_LINES = 20;

/** Starts `apps/{app}/dist/main.js` and resolves when its log says where it serves. */
export async function startServiceProcess(
  app: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...bareEnvironment(), ...env },
  });
  const exit = once(child, 'exit');
  const lines: string[] = [];
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const address = /"(?:address|url)":"([^"]*127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  const failed = exit.then(([code]) => {
    throw new Error(`${app} ended with ${code}:\n${lines.slice(-SHOWN_LINES).join('\n')}`);
  });
  failed.catch(() => {});
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exit;
  };
  return { address: await Promise.race([ready, failed]), stop };
}

/** The environment without any setting of Facet, so that a test decides alone. */
function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(FACET_|NATS_|CLICKHOUSE_)/.test(name)),
  );
}
