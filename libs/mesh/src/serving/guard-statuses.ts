import { cutText, MAX_QUOTED_CHARS } from '@facet/errors';
import { Server, type ServerInterceptingCallInterface, status as Status } from '@grpc/grpc-js';
import { cutStatusText } from '../errors/grpc-errors.ts';
import type { Logger } from '../process/logger.ts';

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

/** What grpc-js says before it repeats what the caller sent, however long that is. */
const BEFORE_CALLERS_WORDS =
  /^(?:Invalid grpc-timeout value|Received message compressed with unsupported encoding|The server does not implement the method) /;

function withShortQuote(details: string): string {
  const before = BEFORE_CALLERS_WORDS.exec(details)?.[0].length;
  return before === undefined ? details : cutText(details, before + MAX_QUOTED_CHARS);
}

/** A method that is not there is answered below everything that can be put in between. */
interface AnswersUnknownMethods {
  _respondWithError(error: { details: string }, ...rest: unknown[]): void;
}

/** Guards what grpc-js answers to calls of methods that are not there, in all servers of this process. */
export function guardUnknownMethods(): void {
  const answers = Server.prototype as unknown as AnswersUnknownMethods;
  const respond = answers._respondWithError;
  answers._respondWithError = function (this: unknown, error, ...rest) {
    const details = encodeURI(cutStatusText(withShortQuote(error.details)));
    respond.call(this, { ...error, details }, ...rest);
  };
}

function fitForWire({ code, details, metadata }: CallStatus): CallStatus {
  const text = cutStatusText(withShortQuote(details));
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
