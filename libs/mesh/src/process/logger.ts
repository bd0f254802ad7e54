import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import { currentRequest } from '../serving/request-context.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Name of the service, on every line. */
  service: string;
  /** Least severe level that is written. @default info */
  level?: string;
  /** Where lines go. @default standard error, written at once so that a crash loses none */
  stream?: DestinationStream;
}

/** Creates a JSON logger; lines written while a call is served carry its request id. */
export function createLogger({ service, level = 'info', stream }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.errWithCause },
      mixin: () => {
        const request = currentRequest();
        return request === undefined ? {} : { requestId: request.requestId };
      },
    },
    stream ?? standardError(),
  );
}

/** Where a log goes that a crash must not shorten; that nobody reads it any more must not end the service. */
function standardError(): DestinationStream {
  return destination({ fd: 2, sync: true }).on('error', () => {});
}
