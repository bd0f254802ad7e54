import type { ClickHouseClient } from '@clickhouse/client';
import type { EventBus } from '@facet/events';
import { type Connection, peerReady, type ReadinessCheck } from '@facet/mesh';

export interface NeededServices {
  clickhouse: ClickHouseClient;
  inference: Connection;
  bus: EventBus;
}

/** What features needs to answer questions and to index: ClickHouse with its credentials, inference, the event bus. */
export function featuresReadiness({ clickhouse, inference, bus }: NeededServices): ReadinessCheck[] {
  return [
    clickhouseReady(clickhouse),
    peerReady('inference', inference),
    { name: 'events', check: () => bus.health() },
  ];
}

/** A query shows once that the credentials are right; from then on a ping is enough, which costs no session. */
function clickhouseReady(client: ClickHouseClient): ReadinessCheck {
  let asked = false;
  return {
    name: 'clickhouse',
    async check(signal) {
      const answer = await client.ping({ select: !asked, abort_signal: signal });
      asked = answer.success;
      if (!answer.success) throw answer.error;
    },
  };
}
