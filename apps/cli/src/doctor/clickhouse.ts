import { join } from 'node:path';
import { type ClickhouseConnection, readConnectionFile } from '@facet/clickhouse';
import { accepts, CONNECT_TIMEOUT_MS } from './accepts.ts';
import { type Check, failed, ok, warning } from './check.ts';

const NAME = 'ClickHouse';
const DEFAULT_URL = 'http://127.0.0.1:8123';
/** A question waits for its turn behind others, milliseconds. */
const QUESTION_TIMEOUT_MS = 10_000;

export interface ClickhouseTarget {
  env: Readonly<Record<string, string | undefined>>;
  /** Where `facet up` keeps its data. */
  dataDirectory: string;
  /** Whether services run that ask ClickHouse. */
  isNeeded: boolean;
}

/** Asks ClickHouse a question: the server that the environment names, else the one of `facet up`. */
export async function checkClickhouse(target: ClickhouseTarget): Promise<Check> {
  const { env, dataDirectory, isNeeded } = target;
  const given = env.FACET_CLICKHOUSE_URL || env.CLICKHOUSE_URL;
  if (given) return checkServer(given, env);
  const embedded = await readConnectionFile(join(dataDirectory, 'clickhouse'));
  if (embedded === undefined) return checkPort();
  const problem = await ask(embedded);
  if (problem === undefined) return ok(NAME, `answers questions at ${embedded.url}`);
  if (!isNeeded && !(await accepts(new URL(embedded.url).host))) return ok(NAME, 'not running');
  const remedy = 'facet up starts it again when it ends; read its log, or start it anew';
  return failed(NAME, `does not answer questions at ${embedded.url}: ${problem}`, remedy);
}

async function checkServer(given: string, env: ClickhouseTarget['env']): Promise<Check> {
  const { origin, username, password } = new URL(given);
  const connection = {
    url: origin,
    user: decodeURIComponent(username) || env.FACET_CLICKHOUSE_USER || 'default',
    password: decodeURIComponent(password) || env.FACET_CLICKHOUSE_PASSWORD || '',
  };
  const problem = await ask(connection);
  if (problem === undefined) return ok(NAME, `answers questions at ${origin}`);
  const remedy =
    'start it, set FACET_CLICKHOUSE_USER and FACET_CLICKHOUSE_PASSWORD, or unset FACET_CLICKHOUSE_URL';
  return failed(NAME, `does not answer questions at ${origin}: ${problem}`, remedy);
}

async function checkPort(): Promise<Check> {
  const { host } = new URL(DEFAULT_URL);
  if (!(await accepts(host))) return ok(NAME, `not running; ${host} is free for the embedded one`);
  const found = `something answers at ${host}, and there is no connection.json in the data directory`;
  return warning(
    NAME,
    found,
    'say where its data is with --data-dir, or set FACET_CLICKHOUSE_LISTEN to another port',
  );
}

/** Asks for 1; returns what went wrong, undefined when the answer came. */
async function ask({ url, user, password }: ClickhouseConnection): Promise<string | undefined> {
  if (!(await accepts(new URL(url).host))) return `nothing listens (tried for ${CONNECT_TIMEOUT_MS} ms)`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
      signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS),
    });
    const text = (await response.text()).trim();
    return text === '1' ? undefined : text.split('\n')[0]!.slice(0, 200);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
