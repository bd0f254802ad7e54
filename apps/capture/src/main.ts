import { runMain } from '@facet/mesh';
import { readCaptureConfig } from './config.ts';
import { startCapture } from './service.ts';

await runMain((signal) => startCapture(readCaptureConfig(process.env), { signal }), {
  service: 'capture',
});
