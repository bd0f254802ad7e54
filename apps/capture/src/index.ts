export { type CaptureConfig, readCaptureConfig } from './config.ts';
export { findCaptureOrphans } from './jobs/capture-orphans.ts';
export { type CaptureDependencies, type RunningCapture, startCapture } from './service.ts';
