import { z } from 'zod';
import { integerVariable, readConfig, redactPassword } from './config.ts';
import {
  addressVariable,
  clickhouseUrl,
  clickhouseVariables,
  commonVariables,
  eventsUrl,
  eventsVariables,
  listenVariable,
} from './config-fragments.ts';

const schema = z
  .object({
    ...commonVariables,
    ...eventsVariables,
    FACET_CAPTURE_LISTEN: listenVariable('capture'),
    FACET_INFERENCE_ADDRESS: addressVariable('inference'),
    FACET_ROWS: integerVariable(64, { min: 1, max: 100 }),
    FACET_API_KEY: z.string().min(8, 'must have at least 8 characters').optional(),
  })
  .transform((env) => ({
    listen: env.FACET_CAPTURE_LISTEN,
    inference: env.FACET_INFERENCE_ADDRESS,
    rows: env.FACET_ROWS,
    events: eventsUrl(env),
    logLevel: env.FACET_LOG_LEVEL,
  }));

describe('readConfig', () => {
  test('fills in defaults, also for empty values, and freezes', () => {
    const config = readConfig(schema, { FACET_ROWS: '' });
    expect(config).toEqual({
      listen: { host: '127.0.0.1', port: 50052 },
      inference: '127.0.0.1:50051',
      rows: 64,
      events: 'memory:',
      logLevel: 'info',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('reads what is set', () => {
    const env = {
      FACET_CAPTURE_LISTEN: '[::1]:0',
      FACET_INFERENCE_ADDRESS: 'dns:///inference:50051',
      FACET_ROWS: '7',
      NATS_URL: 'nats://n:4222',
    };
    expect(readConfig(schema, env)).toMatchObject({
      listen: { host: '[::1]', port: 0 },
      inference: 'dns:///inference:50051',
      rows: 7,
      events: 'nats://n:4222',
    });
  });

  test('reports every problem at once, with variable and value', () => {
    const env = {
      FACET_CAPTURE_LISTEN: 'nowhere',
      FACET_ROWS: '1.5',
      FACET_LOG_LEVEL: 'loud',
      FACET_API_KEY: 'hunter2',
    };
    expect(() => readConfig(schema, env)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        message: expect.stringMatching(
          /FACET_LOG_LEVEL[\s\S]*FACET_CAPTURE_LISTEN: must be host:port[\s\S]*"nowhere"[\s\S]*FACET_ROWS: must be a whole number from 1 to 100/,
        ),
      }),
    );
    expect(() => readConfig(schema, env)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  test('hides passwords in URLs', () => {
    expect(redactPassword('nats://user:secret@host:4222')).toBe('nats://host:4222');
  });
});

describe('clickhouseUrl', () => {
  test('prefers FACET_CLICKHOUSE_URL, then CLICKHOUSE_URL', () => {
    const read = (env: Record<string, string>) =>
      clickhouseUrl(readConfig(z.object(clickhouseVariables), env));
    expect(read({})).toBe('http://127.0.0.1:8123');
    expect(read({ CLICKHOUSE_URL: 'http://b:1' })).toBe('http://b:1');
    expect(read({ CLICKHOUSE_URL: 'http://b:1', FACET_CLICKHOUSE_URL: 'https://a:2' })).toBe('https://a:2');
    expect(() => read({ CLICKHOUSE_URL: 'tcp://b:9000' })).toThrow(
      'CLICKHOUSE_URL: must be a URL that starts with http: or https:',
    );
  });
});
