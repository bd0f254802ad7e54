import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from './config.ts';

/** Says that rows cannot be trained on; `step` counts from 0. */
export function rowsNotFinite(step: number): FacetError {
  const message =
    `the rows of step ${step + 1} hold NaN, infinite values, or values whose squares overflow; ` +
    'capture the activation set again';
  return new FacetError('data-loss', message, { reason: 'ACTIVATIONS_NOT_FINITE' });
}

/** Says at which step (from 0) training diverged, and by which numbers it shows. */
export function diverged(
  { steps }: ResolvedConfig,
  { step, loss, norm, learning_rate }: { step: number; loss: number; norm: number; learning_rate: number },
): FacetError {
  const message =
    `training diverged at step ${step + 1} of ${steps}: loss ${loss}, gradient norm ${norm}, ` +
    `learning rate ${learning_rate}; lower learning_rate`;
  return new FacetError('precondition', message, { reason: 'TRAINING_DIVERGED' });
}
