import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Check, failed, ok, warning } from './check.ts';

/** Loading a native library takes a second; one that hangs is broken, milliseconds. */
const LOAD_TIMEOUT_MS = 30_000;

/** A package with native code, and the workspace package that depends on it. */
interface NativePackage {
  name: string;
  user: string;
  remedy: string;
}

const NATIVE_PACKAGES: readonly NativePackage[] = [
  {
    name: 'onnxruntime-node',
    user: '@facet/model-runtime',
    remedy: 'run npm install again; it needs Linux, macOS or Windows on x64 or arm64',
  },
  {
    name: 'chdb',
    user: '@facet/clickhouse',
    remedy:
      'run npm install again; it needs glibc and AVX2. Or set FACET_CLICKHOUSE_URL to a ClickHouse server',
  },
];

/** Checks the native packages, each loaded in a process of its own, and nats-server. */
export async function checkPrograms(env: Readonly<Record<string, string | undefined>>): Promise<Check[]> {
  return Promise.all([...NATIVE_PACKAGES.map(checkNativePackage), checkNatsServer(env)]);
}

/** A native library that does not fit the machine can kill the process: it is loaded in another one. */
async function checkNativePackage({ name, user, remedy }: NativePackage): Promise<Check> {
  const script = `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.resolve(${JSON.stringify(user)}));
    require(${JSON.stringify(name)});
    const file = require.resolve(${JSON.stringify(name)}).split(${JSON.stringify(`node_modules/${name}/`)})[0];
    process.stdout.write(require(file + 'node_modules/${name}/package.json').version);
    process.exit(0);`;
  try {
    const args = ['--input-type=module', '--eval', script];
    const options = { timeout: LOAD_TIMEOUT_MS, cwd: fileURLToPath(new URL('.', import.meta.url)) };
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    return ok(name, `${stdout.trim()} loads`);
  } catch (error) {
    return failed(name, `does not load: ${firstLine(error)}`, remedy);
  }
}

async function checkNatsServer(env: Readonly<Record<string, string | undefined>>): Promise<Check> {
  const name = 'nats-server';
  try {
    const { stdout, stderr } = await promisify(execFile)('nats-server', ['--version'], { timeout: 5000 });
    return ok(name, /v?\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'found');
  } catch {
    if (env.NATS_URL || env.FACET_EVENTS_URL) return ok(name, 'not on this machine; a URL is set');
    const remedy = 'only needed for several processes or machines; one process uses its own queue';
    return warning(name, 'not found', remedy);
  }
}

function firstLine(error: unknown): string {
  const { stderr, message, signal } = error as { stderr?: string; message: string; signal?: string };
  if (signal) return `killed by ${signal}`;
  const line = stderr?.split('\n').find((text) => /Error|error/.test(text));
  return (line ?? message).trim();
}
