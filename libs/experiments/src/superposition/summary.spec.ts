import type { RecoveryPoint } from './recovery.ts';
import { findBreaks } from './summary.ts';

const SCORE = { recovered_share: 0, mean_max_cosine: 0.5 };

function point(changes: Partial<RecoveryPoint>): RecoveryPoint {
  return {
    density: 0.05,
    represented: 100,
    active: 5,
    d_sae: 200,
    k: 3,
    rows: 1000,
    trained_rows: 5000,
    recovered_share: 1,
    mean_max_cosine: 1,
    unmatched_share: 0,
    unmatched_firing_share: 0,
    dead_share: 0,
    fvu: 0.1,
    l0: 3,
    controls: { random: SCORE, principal_axes: SCORE, rows: SCORE },
    ...changes,
  };
}

describe('findBreaks', () => {
  test('lists what recovered less than 95 %, or nothing that counts, with one change at a time', () => {
    const headline = point({});
    const breaks = findBreaks({
      seeds: [headline],
      recovery: [
        point({ density: 0.5, recovered_share: 0.94 }),
        point({ density: 0.5, d_sae: 50, recovered_share: 0 }),
        point({ density: 1, recovered_share: Number.NaN }),
        headline,
        point({ d_sae: 50, recovered_share: 0.3 }),
      ],
      limits: {
        k: [headline, point({ k: 20, recovered_share: 0.1 })],
        rows: [point({ rows: 10, recovered_share: 0.95 }), headline],
        training: [point({ trained_rows: 100, recovered_share: 0.2 }), headline],
      },
    });
    expect(breaks).toEqual({ densities: [0.5, 1], d_sae: [50], k: [20], rows: [], trained_rows: [100] });
  });
});
