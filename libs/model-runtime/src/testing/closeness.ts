/** Fails unless |actual − expected| ≤ tolerance · max(1, |expected|) everywhere; names the worst place. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  expect(actual.length).toBe(expected.length);
  let worst = { error: 0, index: -1 };
  for (let index = 0; index < expected.length; index++) {
    const error = Math.abs(actual[index]! - expected[index]!) / Math.max(1, Math.abs(expected[index]!));
    if (!(error <= worst.error)) worst = { error, index };
  }
  if (!(worst.error <= tolerance))
    throw new Error(
      `value ${worst.index} is ${actual[worst.index]}, expected ${expected[worst.index]}: ` +
        `relative error ${worst.error} exceeds ${tolerance}`,
    );
}
