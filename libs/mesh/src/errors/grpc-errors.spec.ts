import { FacetError, type FacetErrorKind } from '@facet/errors';
import { ClientError, ServerError, Status } from 'nice-grpc-common';
import {
  BadRequest,
  ErrorInfo,
  ResourceInfo,
  RetryInfo,
  RichClientError,
  RichServerError,
} from 'nice-grpc-error-details';
import { fromGrpcError, toGrpcError } from './grpc-errors.ts';
import { STATUS_OF_KIND } from './status-table.ts';

const origin = { service: 'training', requestId: 'r-1' };

function send(error: unknown): RichServerError {
  const sent = toGrpcError(error, origin);
  if (!(sent instanceof RichServerError)) throw new Error('no details');
  return sent;
}

describe('toGrpcError and fromGrpcError', () => {
  test.each(Object.keys(STATUS_OF_KIND) as FacetErrorKind[])('bring back an error of kind %s', (kind) => {
    const error = new FacetError(kind, 'what is wrong', { reason: 'SOME_REASON', metadata: { limit: '7' } });
    const { code, details, extra } = send(error);
    const back = fromGrpcError(new RichClientError('/s/M', code, details, extra), { address: 'a:1' });
    expect(back).toMatchObject({
      name: 'FacetError',
      kind,
      reason: 'SOME_REASON',
      message: 'what is wrong',
      metadata: { limit: '7', requestId: 'r-1' },
    });
  });

  test('attach the details of the kind', () => {
    const types = (error: FacetError) => send(error).extra.map((detail) => detail.$type);
    expect(types(new FacetError('invalid', 'x', { field: 'prompt' }))).toEqual([
      ErrorInfo.$type,
      BadRequest.$type,
    ]);
    expect(types(new FacetError('not-found', 'x'))).toEqual([ErrorInfo.$type, ResourceInfo.$type]);
    expect(types(new FacetError('exhausted', 'x'))).toEqual([ErrorInfo.$type, RetryInfo.$type]);
    expect(types(new FacetError('aborted', 'x'))).toEqual([ErrorInfo.$type]);
  });

  test('keep the text of an unknown error from the caller', () => {
    const sent = send(new Error('secret'));
    expect(sent.code).toBe(Status.INTERNAL);
    expect(JSON.stringify([sent.details, sent.extra])).not.toContain('secret');
    expect(
      fromGrpcError(new RichClientError('/s/M', sent.code, sent.details, sent.extra), { address: 'a:1' }),
    ).not.toHaveProperty('kind');
  });

  test('cut texts that do not fit into headers', () => {
    const sent = send(
      new FacetError('invalid', 'x'.repeat(100_000), { metadata: { long: 'y'.repeat(100_000) } }),
    );
    expect(sent.details.length).toBeGreaterThan(1900);
    expect(encodeURI(sent.details).length).toBeLessThanOrEqual(2048);
    expect(JSON.stringify(sent.extra).length).toBeLessThan(1_000);
  });

  test('tell no path of the server, and the caller’s own as it was sent', () => {
    const request = { spec: { corpus: { uri: '/data/mine.txt' } } };
    const error = new FacetError('data-loss', '/data/mine.txt: /var/lib/facet/x.json is broken', {
      field: 'spec',
      metadata: { file: '/var/lib/facet/x.json', own: '/data/mine.txt' },
    });
    const sent = toGrpcError(error, { ...origin, request }) as RichServerError;
    expect(sent.details).toBe('/data/mine.txt: …/x.json is broken');
    expect(JSON.stringify(sent.extra)).not.toContain('/var/lib');
    expect(JSON.stringify(sent.extra)).toContain('"own":"/data/mine.txt"');
  });

  test("pass on a ServerError, name the address in gRPC's own errors", () => {
    const own = new ServerError(Status.UNIMPLEMENTED, 'x');
    expect(toGrpcError(own, origin)).toBe(own);
    const service = 'x'.repeat(5000);
    const unknown = new ServerError(Status.NOT_FOUND, `Unknown service: '${service}'`);
    expect(toGrpcError(unknown, { ...origin, request: { service } }).details).toMatch(
      /^Unknown service: 'x{199}…'$/,
    );
    const lost = fromGrpcError(new ClientError('/s/M', Status.UNAVAILABLE, 'Connection dropped'), {
      address: 'host:7',
    });
    expect(lost).toMatchObject({
      kind: 'unavailable',
      message: 'host:7 is not reachable: Connection dropped',
    });
    const late = fromGrpcError(new ClientError('/s/M', Status.DEADLINE_EXCEEDED, 'x'), { address: 'host:7' });
    expect(late).toMatchObject({ kind: 'unavailable', reason: 'DEADLINE_EXCEEDED' });
  });
});
