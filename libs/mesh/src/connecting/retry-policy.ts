import type { ServiceDefinition } from '../serving/service-definition.ts';

/** Calls of methods that only read, or say so in their proto, are sent again when the peer was unavailable. */
const READING_METHOD =
  /^(Get|BatchGet|List|Search|Find|Watch|Tokenize|Check|Score|Project|Compute|Encode|Activate|Read)/;

interface MethodConfig {
  name: { service: string; method: string }[];
  retryPolicy: {
    maxAttempts: number;
    initialBackoff: string;
    maxBackoff: string;
    backoffMultiplier: number;
    retryableStatusCodes: string[];
  };
}

/** The gRPC service config that retries a service's idempotent methods; generation and Create are never sent twice. */
export function retryPolicy(definition: ServiceDefinition): MethodConfig[] {
  const name = Object.values(definition.methods)
    .filter(({ name, options }) => options.idempotencyLevel !== undefined || READING_METHOD.test(name))
    .map((method) => ({ service: definition.fullName, method: method.name }));
  if (name.length === 0) return [];
  const policy = {
    maxAttempts: 4,
    initialBackoff: '0.1s',
    maxBackoff: '2s',
    backoffMultiplier: 2,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  return [{ name, retryPolicy: policy }];
}
