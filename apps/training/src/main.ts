import { runMain } from '@facet/mesh';
import { readTrainingConfig } from './config.ts';
import { startTraining } from './service.ts';

await runMain((signal) => startTraining(readTrainingConfig(process.env), { signal }), {
  service: 'training',
});
