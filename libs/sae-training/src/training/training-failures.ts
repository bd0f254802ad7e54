import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from '../config.ts';

/** Throws where the rows of a step (from 0) cannot be trained on, as their `sumOfSquares` shows. */
export function requireFiniteRows(sumOfSquares: number, step: number): void {
  if (Number.isFinite(sumOfSquares)) return;
  const message =
    `the rows of step ${step + 1} hold NaN, infinite values, or values whose squares overflow; ` +
    'capture the activation set again';
  throw new FacetError('data-loss', message, { reason: 'ACTIVATIONS_NOT_FINITE' });
}

/** What shows whether a step (from 0) went well. */
export interface StepOutcome {
  step: number;
  loss: number;
  /** Of the gradient. */
  norm: number;
  learning_rate: number;
}

/** Throws where training diverged, saying at which step and by which numbers it shows. */
export function requireProgress(
  { steps }: ResolvedConfig,
  { step, loss, norm, learning_rate }: StepOutcome,
): void {
  if (Number.isFinite(loss) && Number.isFinite(norm)) return;
  const message =
    `training diverged at step ${step + 1} of ${steps}: loss ${loss}, gradient norm ${norm}, ` +
    `learning rate ${learning_rate}; lower learning_rate`;
  throw new FacetError('precondition', message, { reason: 'TRAINING_DIVERGED' });
}
