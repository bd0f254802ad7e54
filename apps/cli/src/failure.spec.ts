import { FacetError } from '@facet/errors';
import { exitCodeOf } from './exit-codes.ts';
import { describeFailure, failureRecord } from './failure.ts';

describe('exitCodeOf', () => {
  test.each([
    ['invalid', 2],
    ['not-found', 3],
    ['precondition', 3],
    ['unavailable', 4],
    ['exhausted', 5],
    ['data-loss', 6],
    ['cancelled', 130],
  ] as const)('gives %s the code %d', (kind, code) => {
    expect(exitCodeOf(new FacetError(kind, 'x'))).toBe(code);
  });

  test('gives a defect 1', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});

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
