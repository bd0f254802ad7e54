import type { TsProtoServiceDefinition } from 'nice-grpc';

/** A service as `@facet/contracts` generates it. */
export type ServiceDefinition = TsProtoServiceDefinition;
