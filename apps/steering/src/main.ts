import { runMain } from '@facet/mesh';
import { readSteeringConfig } from './config.ts';
import { startSteering } from './service.ts';

await runMain(async () => startSteering(readSteeringConfig(process.env)), { service: 'steering' });
