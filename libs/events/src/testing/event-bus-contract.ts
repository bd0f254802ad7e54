import { describeEvents } from './events-contract.ts';
import { describeJobs } from './jobs-contract.ts';
import { type Transport, useTransport } from './transport-fixture.ts';

/** The contract of EventBus, run against every transport. */
export function describeEventBus(name: string, openTransport: () => Promise<Transport>): void {
  const fixture = useTransport(openTransport);
  describeEvents(name, fixture);
  describeJobs(name, fixture);

  describe(`${name}: health`, () => {
    test('resolves while the transport is there', async () => {
      await expect((await fixture.openBus()).health()).resolves.toBeUndefined();
    });
  });
}
