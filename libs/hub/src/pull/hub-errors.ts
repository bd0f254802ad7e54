import { FacetError, type FacetErrorKind } from '@facet/errors';
import { describeRepository, type Repository } from '../repository.ts';

/** What a request was for, for its errors. */
export interface RequestSubject {
  endpoint: string;
  repository: Repository;
  hasToken: boolean;
}

/** Tells in Facet's terms why the hub refused a request; `unavailable` is worth another try. */
export function refusalOf(response: Response, subject: RequestSubject): FacetError {
  const { status } = response;
  const code = response.headers.get('X-Error-Code') ?? '';
  const [kind, message] = explain(status, code, subject);
  return new FacetError(kind, message, {
    reason: `HUB_${status}`,
    metadata: { status: String(status), ...(retryAfter(response) ?? {}) },
  });
}

/** A connection that broke, or a host that does not answer. */
export function unreachable({ endpoint, repository }: RequestSubject, cause: unknown): FacetError {
  return new FacetError(
    'unavailable',
    `the hub at ${endpoint} broke off or does not answer (${reasonOf(cause)}); check HF_ENDPOINT and the network and pull ` +
      `${describeRepository(repository)} again: what has come already is kept`,
    { cause, reason: 'HUB_UNREACHABLE' },
  );
}

function explain(
  status: number,
  code: string,
  { endpoint, repository, hasToken }: RequestSubject,
): [FacetErrorKind, string] {
  const { name, revision } = repository;
  if (status === 401 && hasToken)
    return [
      'precondition',
      `the hub at ${endpoint} does not know ${name}, or refuses the token; renew HF_TOKEN`,
    ];
  if (status === 401)
    return [
      'precondition',
      `the hub at ${endpoint} shows no ${name} without a token: check the name, or set HF_TOKEN if the model is private or gated`,
    ];
  if (status === 403)
    return [
      'precondition',
      `the token may not read ${name}; accept its terms at ${endpoint}/${name} and use a token of that account with read access (HF_TOKEN)`,
    ];
  if (status === 404 && code === 'RevisionNotFound')
    return [
      'not-found',
      `${name} has no revision ${revision}; see ${endpoint}/${name}/tree/main for its branches`,
    ];
  if (status === 404)
    return [
      'not-found',
      `the hub at ${endpoint} has no ${describeRepository(repository)}; check name and revision`,
    ];
  if (status === 429) return ['unavailable', `the hub at ${endpoint} asks to wait (429); pull again later`];
  if (status >= 500) return ['unavailable', `the hub at ${endpoint} fails (${status}); pull again later`];
  return [
    'precondition',
    `the hub at ${endpoint} refuses ${describeRepository(repository)} (${status}); check HF_ENDPOINT`,
  ];
}

function retryAfter(response: Response): { retryAfterSeconds: string } | undefined {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return seconds > 0 ? { retryAfterSeconds: String(seconds) } : undefined;
}

/** The code of the socket, which undici wraps in "fetch failed", else the message. */
function reasonOf(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException;
  return cause === undefined ? (code ?? message ?? String(error)) : reasonOf(cause);
}
