import { fromEngine, httpStatusOf } from './exceptions.ts';

describe('fromEngine', () => {
  test('unwraps what chDB repeats', () => {
    const nested = new Error(
      'Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT) (version 26.7.2.1). (UNKNOWN_FORMAT) (version 26.7.2.1). (UNKNOWN_FORMAT)',
    );
    expect(fromEngine(nested)).toMatchObject({
      code: 73,
      message: 'Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT)',
    });
  });

  test('leaves a plain message as it is, and hides the path of uploads', () => {
    const plain = new Error('Code: 27. DB::Exception: bad input in /data/spool/1: row 2. (CANNOT_PARSE)');
    expect(fromEngine(plain, '/data/spool/1').message).toBe(
      'Code: 27. DB::Exception: bad input in the request body: row 2. (CANNOT_PARSE)',
    );
  });

  test('gives errors without a code the code of unknown exceptions', () => {
    expect(fromEngine(new Error('odd'))).toMatchObject({
      code: 1002,
      message: expect.stringContaining('UNKNOWN_EXCEPTION'),
    });
  });
});

describe('httpStatusOf', () => {
  test.each([
    [62, 400],
    [60, 404],
    [516, 403],
    [194, 401],
    [159, 408],
    [48, 501],
    [202, 503],
    [395, 500],
  ])('%d -> %d', (code, status) => {
    expect(httpStatusOf(code)).toBe(status);
  });
});
