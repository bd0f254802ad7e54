import { FacetError } from '@facet/errors';
import { DEFAULT_PORTS, parseHostPort, type ServiceName } from '@facet/mesh';
import type { Command } from 'commander';

/** Where the services are: `host:port` of each. */
export type ServiceAddresses = Readonly<Record<ServiceName, string>>;

/** Options that `addAddressOptions` adds. */
export type AddressOptions = { readonly [S in ServiceName as `${S}Address`]?: string };

export const SERVICE_NAMES = Object.keys(DEFAULT_PORTS) as ServiceName[];

/** The environment variable that holds the address of a service. */
export function addressVariableOf(service: ServiceName): string {
  return `FACET_${service.toUpperCase()}_ADDRESS`;
}

/** Adds `--inference-address host:port` and its siblings to a command that talks to running services. */
export function addAddressOptions(command: Command): Command {
  command.optionsGroup('Where the services are:');
  for (const service of SERVICE_NAMES) {
    const standard = `127.0.0.1:${DEFAULT_PORTS[service]}`;
    command.option(
      `--${service}-address <host:port>`,
      `the ${service} service (else ${addressVariableOf(service)}, else ${standard})`,
    );
  }
  return command;
}

/** Reads the addresses: option, else environment variable, else the default port on this machine. */
export function readAddresses(
  options: AddressOptions,
  env: Readonly<Record<string, string | undefined>>,
): ServiceAddresses {
  const entries = SERVICE_NAMES.map((service) => {
    const given = givenAddress(service, options, env);
    return [service, given ?? `127.0.0.1:${DEFAULT_PORTS[service]}`] as const;
  });
  return Object.fromEntries(entries) as Record<ServiceName, string>;
}

/** Whether any address is given, by option or environment. */
export function hasAddresses(
  options: AddressOptions,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return SERVICE_NAMES.some((service) => givenAddress(service, options, env) !== undefined);
}

function givenAddress(
  service: ServiceName,
  options: AddressOptions,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const option = options[`${service}Address`];
  const variable = env[addressVariableOf(service)];
  const given = option ?? (variable === '' ? undefined : variable);
  if (given === undefined || parseHostPort(given.replace(/^dns:\/\/\//, '')) !== undefined) return given;
  const source = option === undefined ? addressVariableOf(service) : `--${service}-address`;
  throw new FacetError('invalid', `${source} ${JSON.stringify(given)} is not an address; write host:port`);
}
