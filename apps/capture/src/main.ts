import { runMain } from '@facet/mesh';
import { readCaptureConfig } from './config.ts';
import { startCapture } from './service.ts';

await runMain(() => startCapture(readCaptureConfig(process.env)));
