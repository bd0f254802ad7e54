import type { FacetErrorKind } from '@facet/errors';
import { Status } from 'nice-grpc-common';

/** One gRPC status for each kind of error, and back. */
export const STATUS_OF_KIND: Readonly<Record<FacetErrorKind, Status>> = {
  invalid: Status.INVALID_ARGUMENT,
  'not-found': Status.NOT_FOUND,
  exists: Status.ALREADY_EXISTS,
  precondition: Status.FAILED_PRECONDITION,
  exhausted: Status.RESOURCE_EXHAUSTED,
  aborted: Status.ABORTED,
  cancelled: Status.CANCELLED,
  unavailable: Status.UNAVAILABLE,
  'data-loss': Status.DATA_LOSS,
  unimplemented: Status.UNIMPLEMENTED,
};

/** Statuses that only other people's servers and gRPC itself send, and the kind they are read as. */
const FOREIGN_STATUSES: ReadonlyMap<Status, FacetErrorKind> = new Map([
  [Status.DEADLINE_EXCEEDED, 'unavailable'],
  [Status.OUT_OF_RANGE, 'invalid'],
  [Status.PERMISSION_DENIED, 'precondition'],
  [Status.UNAUTHENTICATED, 'precondition'],
]);

const KIND_OF_STATUS: ReadonlyMap<Status, FacetErrorKind> = new Map([
  ...FOREIGN_STATUSES,
  ...Object.entries(STATUS_OF_KIND).map(([kind, status]) => [status, kind as FacetErrorKind] as const),
]);

/** The kind of error a status stands for; undefined for INTERNAL, UNKNOWN and OK: a bug, not a kind. */
export function kindOfStatus(status: Status): FacetErrorKind | undefined {
  return KIND_OF_STATUS.get(status);
}
