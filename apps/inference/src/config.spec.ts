import { readInferenceConfig } from './config.ts';

describe('readInferenceConfig', () => {
  test('fills defaults', () => {
    expect(readInferenceConfig({ FACET_MODELS: '/models' })).toMatchObject({
      host: '127.0.0.1',
      port: 50051,
      models: '/models',
      activeRequests: 8,
      waitingRequests: 64,
      cacheBytes: 2 ** 30,
    });
  });

  test('reports every problem at once', () => {
    const read = () =>
      readInferenceConfig({ FACET_INFERENCE_THREADS: '0', FACET_INFERENCE_LISTEN: 'nowhere' });
    expect(read).toThrow(/FACET_INFERENCE_THREADS: must be a whole number[\s\S]*"0"/);
    expect(read).toThrow(/FACET_MODELS: name a model directory/);
    expect(read).toThrow(/FACET_INFERENCE_LISTEN: must be host:port/);
  });
});
