import { readSteeringConfig } from './config.ts';

describe('readSteeringConfig', () => {
  test('finds every peer on its usual port of this machine by default', () => {
    expect(readSteeringConfig({})).toEqual({
      host: '127.0.0.1',
      port: 50055,
      inferenceAddress: '127.0.0.1:50051',
      trainingAddress: '127.0.0.1:50053',
      featuresAddress: '127.0.0.1:50054',
      objectsUrl: 'file:///var/lib/facet',
      environment: 'development',
      logLevel: 'info',
      callIdleMs: 60_000,
    });
  });

  test('names every wrong variable at once', () => {
    const env = { FACET_STEERING_LISTEN: 'nowhere', FACET_TRAINING_ADDRESS: 'x', FACET_LOG_LEVEL: 'loud' };
    expect(() => readSteeringConfig(env)).toThrow(
      /FACET_LOG_LEVEL[\s\S]*FACET_STEERING_LISTEN[\s\S]*FACET_TRAINING_ADDRESS/,
    );
  });
});
