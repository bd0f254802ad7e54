import type { MeasuredSize } from './measure-size.ts';
import type { ScalingPlan } from './plan.ts';
import type { SizeSplitting } from './split.ts';

/** All that the experiment measured. */
export interface Scaling {
  readonly seed: string;
  readonly plan: ScalingPlan;
  /** Ascending. */
  readonly sizes: readonly MeasuredSize[];
  /** For every size but the smallest, which is the parent of all. */
  readonly splitting: readonly SizeSplitting[];
  readonly seconds: number;
}
