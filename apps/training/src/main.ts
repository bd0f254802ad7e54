import { runMain } from '@facet/mesh';
import { readTrainingConfig } from './config.ts';
import { startTraining } from './service.ts';

await runMain(() => startTraining(readTrainingConfig(process.env)));
