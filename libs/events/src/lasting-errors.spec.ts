import { FacetError } from '@facet/errors';
import { isLasting } from './lasting-errors.ts';

describe('isLasting', () => {
  test.each(['invalid', 'precondition', 'not-found', 'unimplemented', 'data-loss'] as const)(
    'gives up after %s',
    (kind) => expect(isLasting(new FacetError(kind, 'x'))).toBe(true),
  );

  test.each(['unavailable', 'aborted', 'exhausted', 'cancelled', 'exists'] as const)(
    'tries again after %s',
    (kind) => expect(isLasting(new FacetError(kind, 'x'))).toBe(false),
  );

  test('gives up when the disk is full, and tries again after a defect', () => {
    expect(isLasting(new FacetError('exhausted', 'x', { reason: 'DISK_FULL' }))).toBe(true);
    expect(isLasting(new TypeError('x'))).toBe(false);
  });
});
