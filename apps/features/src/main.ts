import { runMain } from '@facet/mesh';
import { readFeaturesConfig } from './config.ts';
import { startFeatures } from './service.ts';

await runMain((signal) => startFeatures(readFeaturesConfig(process.env), { signal }), {
  service: 'features',
});
