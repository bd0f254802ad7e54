import { fileDescriptorSetBase64 } from '@facet/contracts';
import type { Server } from 'nice-grpc';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import type { ServedCallContext } from './serve-calls.ts';

/** Adds grpc.reflection.v1, which answers for the named services from the descriptors of all contracts. */
export function addReflection(server: Server<ServedCallContext>, serviceNames: readonly string[]): void {
  const descriptors = Buffer.from(fileDescriptorSetBase64, 'base64');
  server.add(ServerReflectionService, ServerReflection(descriptors, serviceNames));
}
