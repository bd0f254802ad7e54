import { type DescMessage, describeService, strictReader } from '@facet/contracts';
import { FacetError, isFacetError } from '@facet/errors';
import type { ServiceDefinition } from '../serving/service-definition.ts';
import { checkValues } from './check-values.ts';
import { malformedField } from './malformed-field.ts';
import { resourceErrorRewrite } from './resource-errors.ts';

/** Stands for a request that is refused: grpc-js would answer an error of the decoder INTERNAL, without a word. */
export class RefusedRequest {
  readonly error: FacetError;

  constructor(error: FacetError) {
    this.error = error;
  }
}

/**
 * The definition of a service as it is served. Requests are checked as they are decoded: bytes that are no such message,
 * text that is not UTF-8, and values that no field may hold give a RefusedRequest, also in a stream of requests. Errors of resources in answers are
 * made fit for a reader. Services that no contract describes are only decoded.
 */
export function servedDefinition<S extends ServiceDefinition>(definition: S): S {
  const described = describeService(definition.fullName);
  const methods = Object.entries(definition.methods).map(([key, method]) => {
    const types = described?.methods.find(({ name }) => name === method.name);
    const decode = (bytes: Uint8Array) => decodeRequest(method.requestType, bytes, types?.input);
    const requestType = { ...method.requestType, decode };
    const rewrite = types && resourceErrorRewrite(types.output);
    if (rewrite === undefined) return [key, { ...method, requestType }];
    const encode = (answer: unknown) => method.responseType.encode(rewrite(answer));
    return [key, { ...method, requestType, responseType: { ...method.responseType, encode } }];
  });
  return { ...definition, methods: Object.fromEntries(methods) };
}

type RequestType = ServiceDefinition['methods'][string]['requestType'];

function decodeRequest(requestType: RequestType, bytes: Uint8Array, type: DescMessage | undefined): unknown {
  try {
    if (type === undefined) return requestType.decode(bytes);
    const reader = strictReader(bytes);
    const request = requestType.decode(reader as never);
    if (reader.pos < reader.len) throw new Error(`the message ends at byte ${reader.pos} of ${reader.len}`);
    checkValues(request, type);
    return request;
  } catch (cause) {
    if (isFacetError(cause)) return new RefusedRequest(cause);
    const field = type === undefined ? 'request' : malformedField(bytes, type);
    const message = `${field}: the bytes are no valid ${type?.typeName ?? 'message'}; encode the request again`;
    const reason = 'MALFORMED_REQUEST';
    return new RefusedRequest(new FacetError('invalid', message, { cause, field, reason }));
  }
}
