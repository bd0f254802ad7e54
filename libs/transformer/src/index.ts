export {
  HOOK_KINDS,
  type HookKind,
  type HookPoint,
  hookPointName,
  hookPoints,
  resolveHookPoint,
} from './hook-points.ts';
export type { ModelSpec } from './model-spec.ts';
