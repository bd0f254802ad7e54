import { totalmem } from 'node:os';
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

  test('takes half of the memory there is, and never more than all of it', () => {
    const all = Math.floor(totalmem() / 2 ** 20);
    const memory = (mib?: number) =>
      readInferenceConfig({
        FACET_MODELS: '/models',
        ...(mib && { FACET_INFERENCE_MEMORY_MIB: String(mib) }),
      });
    expect(memory().memoryBytes).toBeLessThanOrEqual(totalmem() / 2);
    expect(memory().memoryBytes).toBeGreaterThan(0);
    expect(memory(200).memoryBytes).toBe(200 * 2 ** 20);
    expect(() => memory(all + 1)).toThrow(
      /FACET_INFERENCE_MEMORY_MIB: must be a whole number from 128 to \d+/,
    );
    expect(() => memory(127)).toThrow(/FACET_INFERENCE_MEMORY_MIB/);
  });

  test('reports every problem at once', () => {
    const read = () =>
      readInferenceConfig({ FACET_INFERENCE_THREADS: '0', FACET_INFERENCE_LISTEN: 'nowhere' });
    expect(read).toThrow(/FACET_INFERENCE_THREADS: must be a whole number[\s\S]*"0"/);
    expect(read).toThrow(/FACET_MODELS: name a model directory/);
    expect(read).toThrow(/FACET_INFERENCE_LISTEN: must be host:port/);
  });
});
