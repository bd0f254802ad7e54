/** How the learning rate falls over the last steps: on a line, on half a cosine, or not at all. */
export const DECAY_SHAPES = ['linear', 'cosine', 'constant'] as const;
export type DecayShape = (typeof DECAY_SHAPES)[number];

export interface Schedule {
  steps: number;
  learning_rate: number;
  warmup_steps: number;
  decay_shape: DecayShape;
  decay_fraction: number;
}

/**
 * The learning rate of `step` (from 0): rises linearly over the warm-up, then stays, and falls to 0 over the
 * last `decay_fraction` of the steps.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { learning_rate, warmup_steps } = schedule;
  const rise = warmup_steps > 0 ? Math.min(1, (step + 1) / warmup_steps) : 1;
  return learning_rate * rise * decayAt(schedule, step);
}

/** The sparsity coefficient λ of `step` (from 0): rises linearly over the first share of the steps, then stays. */
export function lambdaAt(
  { lambda, lambda_warmup_fraction }: { lambda: number; lambda_warmup_fraction: number },
  step: number,
  steps: number,
): number {
  const rising = steps * lambda_warmup_fraction;
  return rising > 0 ? lambda * Math.min(1, (step + 1) / rising) : lambda;
}

function decayAt({ steps, decay_shape, decay_fraction }: Schedule, step: number): number {
  const falling = steps * decay_fraction;
  if (decay_shape === 'constant' || falling <= 0) return 1;
  const left = Math.min(1, (steps - step) / falling);
  return decay_shape === 'cosine' ? (1 - Math.cos(Math.PI * left)) / 2 : left;
}
