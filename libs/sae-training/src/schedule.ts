export interface Schedule {
  steps: number;
  learning_rate: number;
  warmup_steps: number;
  decay_fraction: number;
}

/**
 * The learning rate of `step` (from 0): rises linearly over the warm-up, then stays, and falls linearly to 0
 * over the last `decay_fraction` of the steps.
 */
export function learningRateAt(
  { steps, learning_rate, warmup_steps, decay_fraction }: Schedule,
  step: number,
): number {
  const rise = warmup_steps > 0 ? Math.min(1, (step + 1) / warmup_steps) : 1;
  const decaySteps = steps * decay_fraction;
  const fall = decaySteps > 0 ? Math.min(1, (steps - step) / decaySteps) : 1;
  return learning_rate * rise * fall;
}
