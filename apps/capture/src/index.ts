export { findCaptureOrphans } from './capture-orphans.ts';
export { type CaptureConfig, readCaptureConfig } from './config.ts';
export { type CaptureDependencies, type RunningCapture, startCapture } from './service.ts';
