export { type Environment, integerVariable, readConfig, redactPassword } from './config/config.ts';
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
} from './config/config-fragments.ts';
export { requireWithin, safeCount } from './config/numbers.ts';
export { type Connection, type ConnectOptions, connect } from './connecting/connect.ts';
export {
  createServiceClient,
  type DeadlineOptions,
  type ServiceClient,
  type ServiceClientOptions,
} from './connecting/service-client.ts';
export { DEADLINE_EXCEEDED, fromGrpcError, toGrpcError } from './errors/grpc-errors.ts';
export { parseFileUri } from './files/file-uri.ts';
export { type FileProblem, type OpenedBelow, openBelow, realPathBelow } from './files/open-below.ts';
export { peerReady } from './health/peer-ready.ts';
export type { ReadinessCheck } from './health/readiness.ts';
export { DEFAULT_MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, type MessageLimits } from './limits.ts';
export { type LinkedSignal, linkSignals } from './linked-signal.ts';
export {
  type Collection,
  type FeatureRef,
  formatFeatureName,
  formatName,
  newId,
  parseFeatureName,
  parseId,
  parseName,
} from './names/names.ts';
export { decodePageToken, encodePageToken, pageSize } from './names/page-token.ts';
export {
  type CreateRequest,
  idOfRequest,
  type NamedResource,
  parseRequestId,
  requireRepeated,
} from './names/request-ids.ts';
export { dieOfSignal } from './process/die-of-signal.ts';
export { EXIT_CODES, exitCodeOf, SIGNAL_EXIT_CODES } from './process/exit-codes.ts';
export { guardProcess, type ProcessGuardOptions } from './process/guard-process.ts';
export { createLogger, type Logger, type LoggerOptions } from './process/logger.ts';
export {
  describeFailure,
  type RunMainOptions,
  runMain,
  type Stoppable,
} from './process/run-main.ts';
export {
  currentRequest,
  type RequestContext,
  withoutRequest,
  withRequest,
} from './serving/request-context.ts';
export {
  type BoundService,
  bindService,
  type RunningServer,
  type ServeOptions,
  serve,
} from './serving/serve.ts';
export type { ServedCallContext } from './serving/serve-calls.ts';
export type { ServiceDefinition } from './serving/service-definition.ts';
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
