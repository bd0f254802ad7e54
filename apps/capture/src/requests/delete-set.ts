import { FacetError } from '@facet/errors';
import type { CaptureContext } from '../capture-context.ts';
import { describeSet } from './describe-set.ts';

/** Deletes a set that has ended, with everything that belongs to it. */
export async function deleteSet(context: CaptureContext, id: string): Promise<void> {
  const { record, state } = await describeSet(context, id);
  if (state === 'PENDING' || state === 'CAPTURING')
    throw new FacetError('precondition', `activationSets/${id} is ${state}; cancel it first`, {
      reason: 'ACTIVATION_SET_IN_USE',
    });
  if (await context.sets.delete(record)) return;
  const resourceName = `activationSets/${id}`;
  throw new FacetError('not-found', `${resourceName} was deleted meanwhile`, {
    metadata: { resourceType: 'ActivationSet', resourceName },
  });
}
