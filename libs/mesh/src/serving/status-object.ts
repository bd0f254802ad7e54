import { Metadata, type ServerInterceptingCall } from '@grpc/grpc-js';
import type { ServerError } from 'nice-grpc-common';
import {
  Any,
  BadRequest,
  type ErrorDetails,
  ErrorInfo,
  ResourceInfo,
  RetryInfo,
  RichServerError,
} from 'nice-grpc-error-details';
import { Status } from 'nice-grpc-error-details/lib/proto/google/rpc/status.js';

/** A status as grpc-js sends it. */
export type StatusObject = Parameters<ServerInterceptingCall['sendStatus']>[0];

const STATUS_DETAILS_KEY = 'grpc-status-details-bin';
/** Every kind of detail that `toGrpcError` gives. */
const DETAIL_TYPES = [BadRequest, ErrorInfo, ResourceInfo, RetryInfo];

/** Writes an error with its details as grpc-js sends it: what nice-grpc does for errors that handlers throw. */
export function toStatusObject(error: ServerError): StatusObject {
  const metadata = new Metadata();
  if (error instanceof RichServerError) {
    const details = error.extra.map(packDetail);
    const status = Status.fromPartial({ code: error.code, message: error.details, details });
    metadata.set(STATUS_DETAILS_KEY, Buffer.from(Status.encode(status).finish()));
  }
  return { code: error.code, details: error.details, metadata };
}

function packDetail(detail: ErrorDetails): Any {
  const type = DETAIL_TYPES.find(({ $type }) => $type === detail.$type);
  if (type === undefined) throw new Error(`details of the type ${detail.$type} are not sent`);
  const value = type.encode(detail as never).finish();
  return Any.fromPartial({ typeUrl: `type.googleapis.com/${detail.$type}`, value });
}
