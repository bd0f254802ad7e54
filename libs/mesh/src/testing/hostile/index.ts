export { attackService, type HostileResult } from './attack-service.ts';
export type { HostileOptions, Target } from './battlefield.ts';
export type { World } from './requests.ts';
