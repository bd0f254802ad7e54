import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { raise } from '../exceptions.ts';
import { USER } from '../process/connection-file.ts';

interface Credentials {
  user: string;
  password: string;
}

/**
 * Checks a request against the configured password: Basic, Bearer (the password as the token), X-ClickHouse-User/Key
 * or `?user=&password=`. Throws REQUIRED_PASSWORD without credentials and AUTHENTICATION_FAILED for wrong ones.
 */
export function authenticate(message: IncomingMessage, url: URL, password: string): void {
  const given = fromAuthorization(message.headers.authorization) ?? fromHeaders(message) ?? fromUrl(url);
  if (given === undefined)
    throw raise(
      194,
      'Password required: send Basic credentials of the user default; they stand in connection.json of the data directory.',
    );
  if (given.user !== USER || !equalSecrets(given.password, password)) {
    throw raise(
      516,
      `${given.user}: Authentication failed: password is incorrect, or there is no such user.`,
    );
  }
}

function fromAuthorization(header: string | undefined): Credentials | undefined {
  const [scheme, value = ''] = (header ?? '').split(' ');
  if (scheme === 'Bearer') return { user: USER, password: value };
  if (scheme !== 'Basic') return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon) || USER, password: text.slice(colon + 1) };
}

function fromHeaders(message: IncomingMessage): Credentials | undefined {
  const { 'x-clickhouse-user': user, 'x-clickhouse-key': key } = message.headers;
  if (user === undefined && key === undefined) return undefined;
  return { user: String(user ?? USER), password: String(key ?? '') };
}

function fromUrl(url: URL): Credentials | undefined {
  const password = url.searchParams.get('password');
  return password === null ? undefined : { user: url.searchParams.get('user') ?? USER, password };
}

function equalSecrets(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
