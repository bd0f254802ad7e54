import { FacetError } from '@facet/errors';
import { describeFailure, failureRecord } from './failure.ts';

describe('describeFailure', () => {
  const error = new FacetError('unavailable', 'nothing answers', { cause: new Error('ECONNREFUSED') });

  test('is one line for people', () => {
    expect(describeFailure(error, false)).toBe('nothing answers');
    expect(describeFailure(new TypeError('x is undefined'), false)).toContain('a defect of Facet');
  });

  test('shows stacks and causes when verbose', () => {
    const text = describeFailure(error, true);
    expect(text).toContain('caused by: Error: ECONNREFUSED');
    expect(text).toContain('failure.spec.ts');
  });

  test('is a record for programs', () => {
    expect(failureRecord(error)).toEqual({
      kind: 'unavailable',
      reason: 'UNAVAILABLE',
      message: 'nothing answers',
      exitCode: 4,
    });
  });
});
