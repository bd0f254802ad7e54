import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';
import { InferenceServiceDefinition } from '@facet/contracts';

type Methods = typeof InferenceServiceDefinition.methods;

/** A caller that speaks HTTP/2 itself: it can leave streams unread and requests unfinished. */
export interface RawCaller {
  /** Begins a call and sends its message; the request ends with `stream.end()`. */
  begin<M extends keyof Methods>(
    method: M,
    request: Parameters<Methods[M]['requestType']['fromPartial']>[0],
    headers?: Record<string, string>,
  ): ClientHttp2Stream;
  /** Closes the connection at once. */
  destroy(): void;
}

/** Opens a connection of its own. */
export function connectRaw(address: string): RawCaller {
  const session: ClientHttp2Session = connectHttp2(`http://${address}`);
  session.on('error', () => {});
  return {
    begin(method, request, headers = {}) {
      const { name, requestType } = InferenceServiceDefinition.methods[method];
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/${InferenceServiceDefinition.fullName}/${name}`,
        'content-type': 'application/grpc+proto',
        te: 'trailers',
        ...headers,
      });
      stream.on('error', () => {});
      const message = requestType.encode(requestType.fromPartial(request as never) as never).finish();
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.byteLength, 1);
      stream.write(Buffer.concat([head, message]));
      return stream;
    },
    destroy: () => session.destroy(),
  };
}
