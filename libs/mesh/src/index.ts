export { type Environment, integerVariable, readConfig, redactPassword } from './config.ts';
export {
  addressVariable,
  clickhouseUrl,
  clickhouseVariables,
  commonVariables,
  DEFAULT_PORTS,
  eventsUrl,
  eventsVariables,
  foldersVariable,
  type HostPort,
  listenVariable,
  objectsVariables,
  optionalAddressVariable,
  parseHostPort,
  rolesVariable,
  type ServiceName,
  type ServiceRole,
} from './config-fragments.ts';
export { type Connection, type ConnectOptions, connect } from './connect.ts';
export { dieOfSignal } from './die-of-signal.ts';
export { EXIT_CODES, exitCodeOf, SIGNAL_EXIT_CODES } from './exit-codes.ts';
export { parseFileUri } from './file-uri.ts';
export { DEADLINE_EXCEEDED, fromGrpcError, toGrpcError } from './grpc-errors.ts';
export { guardProcess, type ProcessGuardOptions } from './guard-process.ts';
export { DEFAULT_MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, type MessageLimits } from './limits.ts';
export { type LinkedSignal, linkSignals } from './linked-signal.ts';
export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export {
  type Collection,
  type FeatureRef,
  formatFeatureName,
  formatName,
  newId,
  parseFeatureName,
  parseId,
  parseName,
} from './names.ts';
export { requireWithin, safeCount } from './numbers.ts';
export { type FileProblem, type OpenedBelow, openBelow, realPathBelow } from './open-below.ts';
export { decodePageToken, encodePageToken, pageSize } from './page-token.ts';
export { peerReady } from './peer-ready.ts';
export type { ReadinessCheck } from './readiness.ts';
export { currentRequest, type RequestContext, withoutRequest, withRequest } from './request-context.ts';
export {
  type CreateRequest,
  idOfRequest,
  type NamedResource,
  parseRequestId,
  requireRepeated,
} from './request-ids.ts';
export {
  describeFailure,
  type RunMainOptions,
  runMain,
  type Stoppable,
} from './run-main.ts';
export { type BoundService, bindService, type RunningServer, type ServeOptions, serve } from './serve.ts';
export type { ServedCallContext } from './serve-calls.ts';
export {
  createServiceClient,
  type DeadlineOptions,
  type ServiceClient,
  type ServiceClientOptions,
} from './service-client.ts';
export type { ServiceDefinition } from './service-definition.ts';
export {
  answerTensors,
  type ExpectedTensor,
  flagTensor,
  floatTensor,
  idTensor,
  requestTensors,
  type TensorReader,
  type TensorShape,
  tensorMessage,
} from './tensor-messages.ts';
export { createTurnstile, type Turnstile, type TurnstileOptions } from './turnstile.ts';
