import { createRateMeter } from './rate-meter.ts';

describe('createRateMeter', () => {
  test('is 0 before the second measurement, then the rate since the first', () => {
    const meter = createRateMeter();
    expect(meter.measure(100, 1000)).toBe(0);
    expect(meter.measure(300, 2000)).toBe(200);
    expect(meter.measure(700, 3000)).toBe(300);
  });

  test('forgets what is older than five seconds', () => {
    const meter = createRateMeter();
    for (let second = 0; second <= 10; second++) meter.measure(second * 100, second * 1000);
    expect(meter.measure(1000, 15_000)).toBe(0);
  });

  test('never falls below 0 when work is done again', () => {
    const meter = createRateMeter();
    meter.measure(500, 0);
    expect(meter.measure(100, 1000)).toBe(0);
  });
});
