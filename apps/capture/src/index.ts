export { type CaptureConfig, type CaptureRole, readCaptureConfig } from './config.ts';
export { type CaptureDependencies, type RunningCapture, startCapture } from './service.ts';
