import { projectToPlane } from './plane.ts';

describe('projectToPlane', () => {
  test('lays rows out along their two widest directions', () => {
    const values = Float32Array.of(9, 0, 0, 9, 4, 0, 9, 0, 2, 9, 4, 2);
    const { points, shares } = projectToPlane({ d: 3, values }, [0, 1, 2, 3]);
    expect(shares[0]).toBeCloseTo(0.8, 6);
    expect(shares[1]).toBeCloseTo(0.2, 6);
    const [first] = points;
    expect(points.map(([x]) => Math.sign(x * first[0]))).toEqual([1, -1, 1, -1]);
    expect(points.map(([, y]) => Math.sign(y * first[1]))).toEqual([1, 1, -1, -1]);
    for (const [x, y] of points)
      expect([Math.abs(x), Math.abs(y)]).toEqual([expect.closeTo(2), expect.closeTo(1)]);
  });
});
