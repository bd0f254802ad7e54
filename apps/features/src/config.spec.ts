import { readFeaturesConfig } from './config.ts';

describe('readFeaturesConfig', () => {
  test('has defaults for one machine', () => {
    expect(readFeaturesConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 50054,
      roles: ['api', 'worker'],
      clickhouseUrl: 'http://127.0.0.1:8123',
      database: 'facet',
    });
  });

  test('names every problem at once', () => {
    const env = {
      FACET_FEATURES_ROLES: 'king',
      FACET_CLICKHOUSE_DATABASE: 'a;b',
      FACET_FEATURES_CONCURRENCY: '0',
    };
    expect(() => readFeaturesConfig(env)).toThrow(
      /FACET_FEATURES_ROLES[\s\S]*FACET_CLICKHOUSE_DATABASE[\s\S]*FACET_FEATURES_CONCURRENCY|FACET_CLICKHOUSE_DATABASE[\s\S]*FACET_FEATURES_ROLES/,
    );
  });
});
