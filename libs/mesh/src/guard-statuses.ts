import { type ServerInterceptingCallInterface, status as Status } from '@grpc/grpc-js';
import { cutStatusText } from './grpc-errors.ts';
import type { Logger } from './logger.ts';

type CallStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/**
 * Guards every status of a call, also those that grpc-js makes itself: its text is made fit for a header, a caller's
 * fault is not called INTERNAL, and what throws while a status is sent is logged and the call answered.
 */
export function guardStatuses(call: ServerInterceptingCallInterface, path: string, logger: Logger): void {
  const send = call.sendStatus.bind(call);
  // Replaced on the call itself: grpc-js sends its own statuses past all interceptors.
  call.sendStatus = (status) => {
    try {
      send(fitForWire(status));
    } catch (err) {
      logger.error({ err, method: path.slice(1) }, 'a status could not be sent');
      answerPlainly(send, logger);
    }
  };
}

/** What grpc-js answers INTERNAL although the caller sent it. */
const CALLERS_FAULTS = [
  /^Invalid grpc-timeout value/,
  /^Failed to decompress message/,
  /^Error deserializing request/,
];

function fitForWire({ code, details, metadata }: CallStatus): CallStatus {
  const text = cutStatusText(details);
  const isCallersFault = code === Status.INTERNAL && CALLERS_FAULTS.some((fault) => fault.test(text));
  return { code: isCallersFault ? Status.INVALID_ARGUMENT : code, details: text, metadata: metadata ?? null };
}

function answerPlainly(send: (status: CallStatus) => void, logger: Logger): void {
  try {
    send({ code: Status.INTERNAL, details: 'internal error', metadata: null });
  } catch (err) {
    // The stream is gone: there is nobody to answer.
    logger.debug({ err }, 'a call could not be answered');
  }
}
