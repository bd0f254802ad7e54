import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SERVICE_NAMES } from '@facet/console';
import { DEFAULT_PORTS, type ServiceName } from '@facet/mesh';

/** How all services of one machine are started. */
export interface StackOptions {
  /** Directory of the object store and of ClickHouse, absolute. */
  dataDirectory: string;
  /** What FACET_MODELS takes: model directories, or `id=directory`. */
  models: readonly string[];
  /** Folders and files that may be captured, absolute; FACET_CORPUS_ROOT adds to them. */
  corpora: readonly string[];
  /** `standard`: FACET_*_LISTEN or the default ports; `any`: ports that the system chooses. */
  ports: 'standard' | 'any';
  /** Least severe level that the services log to standard error, where FACET_LOG_LEVEL is not set. */
  logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the services: what the process has, completed with the embedded defaults. */
export function stackEnvironment(options: StackOptions, env: Environment): Record<string, string> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const given = Object.fromEntries(set);
  return {
    FACET_LOG_LEVEL: options.logLevel,
    FACET_OBJECTS_URL: pathToFileURL(join(options.dataDirectory, 'objects')).href,
    FACET_INFERENCE_CHECKS_FILE: join(options.dataDirectory, 'weight-checks'),
    FACET_SAE_IMPORT_ROOTS: join(options.dataDirectory, 'imports'),
    FACET_SAE_EXPORT_ROOTS: join(options.dataDirectory, 'exports'),
    ...given,
    FACET_MODELS: options.models.join(','),
    ...Object.fromEntries(
      SERVICE_NAMES.map((service) => [listenVariableOf(service), listenAddress(service, options, env)]),
    ),
  };
}

/** The environment variable that holds where a service listens. */
export function listenVariableOf(service: ServiceName): string {
  return `FACET_${service.toUpperCase()}_LISTEN`;
}

function listenAddress(service: ServiceName, { ports }: StackOptions, env: Environment): string {
  if (ports === 'any') return '127.0.0.1:0';
  return env[listenVariableOf(service)] || `127.0.0.1:${DEFAULT_PORTS[service]}`;
}
