import type { FeatureEdit } from '@facet/contracts';
import { FacetError } from '@facet/errors';

/** What to do with a feature: one case of FeatureEdit.mode. */
export type SteerMode = NonNullable<FeatureEdit['mode']>;

/** The modes of `--steer` with what they do, for help and errors. */
export const STEER_MODES = {
  'clamp_to_max:m': 'm times its largest activation in the index',
  'clamp:v': 'v everywhere',
  'clamp_if_active:v': 'v where it fired',
  'scale:s': 's times its own activation',
  ablate: 'zero',
  'add:c': "c times the feature's direction, without encoding",
} as const;

const CASES = {
  clamp_to_max: 'clampToMax',
  clamp: 'clamp',
  clamp_if_active: 'clampIfActive',
  scale: 'scale',
  add: 'add',
} as const;

/** Reads `clamp_to_max:10`, `clamp:v`, `clamp_if_active:v`, `scale:s`, `ablate` or `add:c`. */
export function parseSteerMode(text: string): SteerMode {
  const [mode = '', strength, ...rest] = text.split(':');
  if (mode === 'ablate' && strength === undefined) return { $case: 'ablate', value: {} };
  const known = Object.hasOwn(CASES, mode);
  const value = strength === undefined || strength.trim() === '' ? Number.NaN : Number(strength);
  if (known && rest.length === 0 && Number.isFinite(value)) {
    return { $case: CASES[mode as keyof typeof CASES], value };
  }
  throw new FacetError('invalid', `${JSON.stringify(text)} is not a way to steer; ${remedy(mode, known)}`);
}

function remedy(mode: string, known: boolean): string {
  return known
    ? `write ${mode}: and a finite number, such as ${mode}:10`
    : `write one of ${Object.keys(STEER_MODES).join(', ')}`;
}

/** Writes a mode as it is given on the command line. */
export function formatSteerMode(mode: FeatureEdit['mode']): string {
  if (mode === undefined) return 'none';
  if (mode.$case === 'ablate') return 'ablate';
  const name = Object.entries(CASES).find(([, value]) => value === mode.$case)![0];
  return `${name}:${mode.value}`;
}
