import { runMain } from '@facet/mesh';
import { readInferenceConfig } from './config.ts';
import { startInference } from './service.ts';

await runMain((signal) => startInference(readInferenceConfig(process.env), { signal }), {
  service: 'inference',
});
