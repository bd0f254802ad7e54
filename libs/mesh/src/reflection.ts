import type { Server } from 'nice-grpc';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import type { ServedCallContext } from './serve-calls.ts';

/** A serialized google.protobuf.FileDescriptorSet with every file that the services need. */
export type Reflection = Uint8Array;

/** Adds grpc.reflection.v1, answering for the services named and grpc.health.v1. */
export function addReflection(
  server: Server<ServedCallContext>,
  descriptors: Reflection,
  serviceNames: readonly string[],
): void {
  server.add(
    ServerReflectionService,
    ServerReflection(descriptors, [...serviceNames, 'grpc.health.v1.Health']),
  );
}
