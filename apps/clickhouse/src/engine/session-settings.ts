import type { Session } from 'chdb';
import { raise } from '../exceptions.ts';
import { sessionRows } from '../gate/session-rows.ts';
import { quote, quoteIdentifier } from '../gate/tokens.ts';
import type { QueryRequest } from './query-request.ts';

/** What a request changed in a named session and must be put back; undefined for sessions that end with the request. */
export type Overridden = readonly string[] | undefined;

/** What chDB sets otherwise than a server does, put back to the server's behaviour. */
const SERVER_SETTINGS = ['implicit_select = 0', 'throw_if_no_data_to_insert = 0'];

/** Gives a session the database, settings and parameters of a request, and the mark by which its query can be killed. */
export async function applyToSession(
  session: Session,
  request: QueryRequest,
  mark: string,
): Promise<Overridden> {
  const overridden = request.session === undefined ? undefined : await currentState(session, request);
  if (request.database !== undefined) await execute(session, `USE ${quoteIdentifier(request.database)}`);
  await execute(session, `SET ${[...assignments(request), `log_comment = ${quote(mark)}`].join(', ')}`);
  if (request.readonly && overridden === undefined) await execute(session, 'SET readonly = 2');
  return overridden;
}

/**
 * Undoes what a request changed in a named session: its settings and database hold for that request only. The last
 * statement makes chDB let go of a stream that failed; without it the query would stay in system.processes.
 */
export async function restoreSession(session: Session, overridden: Overridden): Promise<void> {
  for (const statement of overridden ?? []) await execute(session, statement);
  await execute(session, 'SELECT 1');
}

function assignments({ settings, params }: QueryRequest): string[] {
  const bad = [...params.keys()].find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (bad !== undefined)
    throw raise(62, `The name of query parameter ${JSON.stringify(bad)} is not an identifier.`);
  return [
    ...SERVER_SETTINGS,
    ...[...settings].map(([name, value]) => `${name} = ${quote(value)}`),
    ...[...params].map(([name, value]) => `param_${name} = ${quote(value)}`),
  ];
}

async function currentState(session: Session, { settings, database }: QueryRequest): Promise<string[]> {
  const statements: string[] = [];
  if (database !== undefined) {
    const [row] = await sessionRows<{ name: string }>(session, 'SELECT currentDatabase() AS name');
    statements.push(`USE ${quoteIdentifier(row!.name)}`);
  }
  if (settings.size > 0) {
    const names = [...settings.keys()].map(quote).join(', ');
    const sql = `SELECT name, value, changed FROM system.settings WHERE name IN (${names})`;
    for (const { name, value, changed } of await sessionRows<{
      name: string;
      value: string;
      changed: number;
    }>(session, sql)) {
      statements.push(`SET ${name} = ${changed ? quote(value) : 'DEFAULT'}`);
    }
  }
  return statements;
}

async function execute(session: Session, sql: string): Promise<void> {
  await session.queryAsync(sql, { format: 'Null' });
}
