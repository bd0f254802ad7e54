import { FacetError } from '@facet/errors';
import { JOB_KINDS, type JobKind } from './event-bus.ts';
import { MAX_PAYLOAD_BYTES } from './limits.ts';

/** First tokens of event subjects, after `facet.`; `jobs`, `live` and `dead` are the bus's own. */
export const EVENT_AREAS = ['activation', 'feature', 'inference', 'sae', 'steering', 'training'] as const;

const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
const ID = /^[\x21-\x7e]{1,200}$/;
const DURABLE = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_TOKENS = 16;

/** Checks a subject to publish: `facet.<area>.<token>...` of letters, digits, `_` and `-`. */
export function checkSubject(subject: string): string {
  return checkTokens(subject, (token) => TOKEN.test(token));
}

/** Checks a subject filter, in which `*` stands for one token and a last `>` for one or more. */
export function checkFilter(filter: string): string {
  const last = filter.split('.').length - 1;
  return checkTokens(
    filter,
    (token, i) => TOKEN.test(token) || token === '*' || (token === '>' && i === last),
  );
}

function checkTokens(subject: string, valid: (token: string, index: number) => boolean): string {
  const tokens = subject.split('.');
  const area = EVENT_AREAS.find((known) => known === tokens[1]);
  const wellFormed =
    tokens[0] === 'facet' && area !== undefined && tokens.length >= 3 && tokens.length <= MAX_TOKENS;
  if (wellFormed && tokens.every(valid)) return subject;
  throw new FacetError(
    'invalid',
    `${JSON.stringify(subject)} is not an event subject; write facet.<area>.<name>, area one of ${EVENT_AREAS.join(', ')}`,
    { reason: 'SUBJECT_INVALID' },
  );
}

/** Whether `subject` matches `filter`. */
export function matches(filter: string, subject: string): boolean {
  const pattern = filter.split('.');
  const tokens = subject.split('.');
  for (const [i, token] of pattern.entries()) {
    if (token === '>') return tokens.length > i;
    if (token !== '*' && token !== tokens[i]) return false;
  }
  return pattern.length === tokens.length;
}

/** Checks an event or job id: 1 to 200 printable ASCII characters without spaces. */
export function checkId(id: string): string {
  if (ID.test(id)) return id;
  throw new FacetError(
    'invalid',
    `${JSON.stringify(id)} is not an id; use 1 to 200 printable ASCII characters`,
    {
      reason: 'ID_INVALID',
    },
  );
}

/** Checks the name of a durable subscription. */
export function checkDurable(name: string): string {
  if (DURABLE.test(name)) return name;
  throw new FacetError(
    'invalid',
    `${JSON.stringify(name)} is not a subscription name; use letters, digits, _ and -`,
    {
      reason: 'DURABLE_INVALID',
    },
  );
}

/** Checks a kind of job that came from outside the type system. */
export function checkKind(kind: JobKind): JobKind {
  if (JOB_KINDS.includes(kind)) return kind;
  throw new FacetError(
    'invalid',
    `there is no queue ${JSON.stringify(kind)}; known: ${JOB_KINDS.join(', ')}`,
  );
}

/** Refuses a payload that a NATS server would not carry. */
export function checkPayload(payload: Uint8Array, what: string): Uint8Array {
  if (payload.byteLength <= MAX_PAYLOAD_BYTES) return payload;
  throw new FacetError(
    'invalid',
    `the payload of ${what} has ${payload.byteLength} bytes, more than ${MAX_PAYLOAD_BYTES}; send a reference instead`,
    { reason: 'PAYLOAD_TOO_LARGE' },
  );
}

/** Writes an id as one subject token: other characters than letters, digits, `_` and `-` become `=XX`. */
export function encodeToken(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, (char) => `=${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
