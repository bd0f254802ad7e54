import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';

/** What came back for a raw call, as any gRPC client sees it. */
export interface RawAnswer {
  /** `grpc-status`; undefined where the stream was reset or the connection lost. */
  status: number | undefined;
  /** `grpc-message`, decoded. */
  message: string;
  /** Bytes of the trailers' names and values. */
  trailerBytes: number;
  /** Body bytes that came. */
  bytes: number;
}

export interface RawCall {
  /** `/package.Service/Method`. */
  path: string;
  headers?: Readonly<Record<string, string | string[]>>;
  /** Sent as it is: `frame` makes one from a message. */
  body?: Uint8Array;
  /** Whether the request ends after `body`. @default true */
  end?: boolean;
}

/** Opens an HTTP/2 connection without any gRPC library; errors of it show in its calls. */
export function openRaw(address: string): ClientHttp2Session {
  const session = connectHttp2(`http://${address}`);
  session.on('error', () => {});
  return session;
}

/** Prefixes a message as gRPC does: 1 byte whether it is compressed, 4 bytes of length. */
export function frame(message: Uint8Array, { compressed = 0, length = message.byteLength } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** Begins a call and leaves the stream to the caller. */
export function beginRaw(session: ClientHttp2Session, { path, headers = {} }: RawCall): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => {});
  return stream;
}

/** Makes a call and reads its answer to the end. */
export function callRaw(session: ClientHttp2Session, call: RawCall): Promise<RawAnswer> {
  const stream = beginRaw(session, call);
  const answer = answerOf(stream);
  const { body, end = true } = call;
  if (body !== undefined) stream.write(body);
  if (end) stream.end();
  return answer;
}

/** Reads the answer to a call that was begun. */
export function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const answer: RawAnswer = { status: undefined, message: '', trailerBytes: 0, bytes: 0 };
  const take = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] === undefined) return;
    answer.status = Number(headers['grpc-status']);
    answer.message = decoded(String(headers['grpc-message'] ?? ''));
    answer.trailerBytes = Object.entries(headers)
      .map(([name, value]) => name.length + String(value).length)
      .reduce((a, b) => a + b, 0);
  };
  stream.on('response', take);
  stream.on('trailers', take);
  stream.on('data', (chunk: Buffer) => {
    answer.bytes += chunk.byteLength;
  });
  return new Promise((resolve) => stream.on('close', () => resolve(answer)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
