import type { CallContext, ServiceImplementation } from 'nice-grpc';
import { type Connection, connect } from '../connecting/connect.ts';
import { createServiceClient, type ServiceClient } from '../connecting/service-client.ts';
import { createLogger } from '../process/logger.ts';
import { bindService, type RunningServer, type ServeOptions, serve } from '../serving/serve.ts';
import type { ServedCallContext } from '../serving/serve-calls.ts';
import { EchoServiceDefinition } from './echo-service.ts';

export type EchoImplementation = ServiceImplementation<typeof EchoServiceDefinition, ServedCallContext>;

/** An echo server on a free port, its client, and the lines it logged. */
export interface EchoSetup {
  server: RunningServer;
  connection: Connection;
  client: ServiceClient<typeof EchoServiceDefinition>;
  logged: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Serves the echo service with `overrides` of its methods, over a real socket. */
export async function serveEcho(
  overrides: Partial<EchoImplementation> = {},
  options: Partial<ServeOptions> = {},
): Promise<EchoSetup> {
  const logged: Record<string, unknown>[] = [];
  const logger = createLogger({
    service: 'echo',
    level: 'debug',
    stream: { write: (line) => void logged.push(JSON.parse(line)) },
  });
  const server = await serve({
    name: 'echo',
    host: '127.0.0.1',
    port: 0,
    logger,
    ...options,
    services: [bindService(EchoServiceDefinition, { ...echoes, ...overrides })],
  });
  const connection = connect(server.address, { connectTimeoutMs: 500 });
  const client = createServiceClient(EchoServiceDefinition, connection);
  const close = async () => {
    connection.close();
    await server.stop(0);
  };
  return { server, connection, client, logged, close };
}

const echoes: EchoImplementation = {
  getEcho: async ({ texts }) => ({ texts }),
  createEcho: async ({ texts }) => ({ texts }),
  async *streamBlocks({ texts }, _context: CallContext) {
    for (const [firstRow, hookPoint] of texts.entries()) yield { firstRow, hookPoint };
  },
};
