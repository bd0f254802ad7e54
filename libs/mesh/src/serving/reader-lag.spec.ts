import { createReaderLag } from './reader-lag.ts';

describe('createReaderLag', () => {
  let nowMs = 0;
  const lag = () => createReaderLag(() => nowMs);

  test('grows while a message waits, and not without one', () => {
    const reader = lag();
    nowMs += 500;
    expect(reader.ms()).toBe(0);
    reader.offer();
    nowMs += 300;
    expect(reader.ms()).toBe(300);
  });

  test('forgives what the bytes that were taken may take at 1 KiB/s, and no more', () => {
    const reader = lag();
    reader.offer();
    nowMs += 3000;
    reader.take(2048);
    expect(reader.ms()).toBe(1000);
    reader.offer();
    reader.take(1_000_000);
    expect(reader.ms()).toBe(0);
    reader.offer();
    nowMs += 10;
    expect(reader.ms()).toBe(10);
  });

  test('adds up for a reader that takes a few bytes now and then', () => {
    const reader = lag();
    for (let message = 0; message < 10; message++) {
      reader.offer();
      nowMs += 1000;
      reader.take(0);
    }
    expect(reader.ms()).toBe(10_000);
  });
});
