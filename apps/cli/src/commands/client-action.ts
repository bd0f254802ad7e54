import {
  type Action,
  type AddressOptions,
  type Clients,
  type CommandResult,
  type Invocation,
  readAddresses,
  withClients,
} from '@facet/console';

/** The work of a command that talks to running services. */
export type ClientWork<Options> = (
  clients: Clients,
  invocation: Invocation,
  options: Options,
  ...operands: string[]
) => Promise<CommandResult>;

/** Makes an action of `work`: opens clients at the addresses that options and environment give, and closes them. */
export function clientAction<Options extends AddressOptions>(work: ClientWork<Options>): Action<Options> {
  return (invocation, options, ...operands) =>
    withClients(readAddresses(options, invocation.env), (clients) =>
      work(clients, invocation, options, ...operands),
    );
}
