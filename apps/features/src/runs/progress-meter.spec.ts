import { createProgressMeter } from './progress-meter.ts';

describe('createProgressMeter', () => {
  test('measures the rate over the last seconds and says when the stage ends', () => {
    let now = 0;
    const meter = createProgressMeter(() => now);
    meter.begin('encoding', 100, 'tokens');
    expect(meter.read()).toEqual({ stage: 'encoding', done: 0, total: 100, unit: 'tokens', rate: 0 });
    for (now = 1000; now <= 10_000; now += 1000) meter.advance(now <= 5000 ? 2 : 10);
    now = 10_000;
    expect(meter.read()).toMatchObject({ done: 60, rate: 10, etaSeconds: 4 });
    meter.begin('writing', 5, 'features');
    expect(meter.read()).toMatchObject({ stage: 'writing', done: 0, total: 5, rate: 0 });
  });
});
