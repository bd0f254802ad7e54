import type { Session } from 'chdb';

/** Runs a small query on a session and returns its rows. */
export async function sessionRows<T>(session: Session, sql: string): Promise<T[]> {
  const text = (await session.queryAsync(sql, { format: 'JSONEachRow' })).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
