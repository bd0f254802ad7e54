import { FacetError, quote } from '@facet/errors';
import { cpuEngine } from './cpu/cpu-engine.ts';
import type { TrainingEngine } from './engine.ts';
import { TFJS_BACKENDS } from './tfjs/tfjs-backends.ts';
import { tfjsEngine } from './tfjs/tfjs-engine.ts';

/** Names of all engines. */
export const ENGINE_NAMES: readonly string[] = [
  'cpu',
  'tfjs',
  ...TFJS_BACKENDS.map(({ name }) => `tfjs:${name}`),
];

/**
 * Finds an engine by name, `cpu` or `tfjs`, which may name its backend: `tfjs:wasm`. Throws `invalid` for any other name;
 * whether what it needs is installed shows when it is loaded.
 */
export function engineOf(name: string): TrainingEngine {
  if (name === 'cpu') return cpuEngine;
  const [engine, ...backend] = name.split(':');
  if (engine === 'tfjs') return tfjsEngine(backend.length > 0 ? backend.join(':') : undefined);
  throw new FacetError(
    'invalid',
    `there is no training engine ${quote(name)}; use ${ENGINE_NAMES.join(', ')}`,
    {
      field: 'spec.engine',
    },
  );
}
