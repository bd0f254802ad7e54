import { renderHistogram } from './histogram.ts';

describe('renderHistogram', () => {
  test('draws bars in proportion and leaves out empty bins at the ends', () => {
    const text = renderHistogram({ edges: [0, 1, 2, 3, 4], counts: [0n, 10n, 5n, 0n] }, 40);
    const bars = text.split('\n').map((line) => (line.match(/█/g) ?? []).length);
    expect(text.split('\n')[0]).toMatch(/^1\.00 to 2\.00\s+10 /);
    expect(bars).toHaveLength(2);
    expect(bars[0]).toBe(2 * bars[1]!);
  });

  test('is empty where nothing fired', () => {
    expect(renderHistogram({ edges: [0, 1], counts: [0n] }, 80)).toBe('');
  });
});
