import { readCaptureConfig } from './config.ts';

describe('readCaptureConfig', () => {
  test('has a default for everything', () => {
    expect(readCaptureConfig({ HOSTNAME: 'pod-3' })).toEqual({
      host: '127.0.0.1',
      port: 50052,
      roles: ['api', 'worker'],
      inferenceAddress: '127.0.0.1:50051',
      objectsUrl: 'file:///var/lib/facet',
      eventsUrl: 'memory:',
      ackWaitMs: 30_000,
      corpusRoots: [],
      concurrency: 2,
      requestTokens: 16_384,
      workerId: `pod-3-${process.pid}`,
      environment: 'development',
      logLevel: 'info',
      callIdleMs: 60_000,
      orphanAgeMs: 3_600_000,
    });
  });

  test('reads every variable', () => {
    const config = readCaptureConfig({
      FACET_CAPTURE_LISTEN: '0.0.0.0:7000',
      FACET_CAPTURE_ROLES: 'worker',
      FACET_INFERENCE_ADDRESS: 'dns:///inference:50051',
      NATS_URL: 'nats://n:4222',
      FACET_CORPUS_ROOT: '/corpora,/more',
      FACET_CAPTURE_CONCURRENCY: '4',
      FACET_CAPTURE_WORKER_ID: 'w',
    });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 7000,
      roles: ['worker'],
      eventsUrl: 'nats://n:4222',
    });
    expect(config).toMatchObject({ corpusRoots: ['/corpora', '/more'], concurrency: 4, workerId: 'w' });
  });

  test('names every problem at once', () => {
    const env = {
      FACET_CAPTURE_ROLES: 'api,boss',
      FACET_CAPTURE_CONCURRENCY: '0',
      FACET_CORPUS_ROOT: 'corpora',
    };
    for (const name of Object.keys(env)) expect(() => readCaptureConfig(env)).toThrow(name);
  });
});
