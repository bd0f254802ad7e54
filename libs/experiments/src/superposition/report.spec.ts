import { createRandom } from '@facet/random';
import { reportPage } from '@facet/report';
import { measureGeometry } from './geometry.ts';
import type { PhasePoint } from './phase-change.ts';
import type { RecoveryPoint } from './recovery.ts';
import { superpositionReport } from './report.ts';
import { summariseSuperposition } from './summary.ts';
import { runSuperposition, type Superposition } from './superposition.ts';
import { createToy } from './toy.ts';

function pointOf(n: number, m: number, density: number): PhasePoint {
  const toy = createToy(n, m, createRandom(1n));
  return { density, toy, loss: 1, ...measureGeometry(toy) };
}

function recoveryPoint(density: number, d_sae: number, k: number): RecoveryPoint {
  const control = { recovered_share: 0.01, mean_max_cosine: 0.5 };
  return {
    density,
    represented: 6,
    active: 6 * density,
    d_sae,
    k,
    rows: 1000,
    trained_rows: 5000,
    recovered_share: 0.987654321,
    mean_max_cosine: 0.99,
    unmatched_share: 0.1,
    unmatched_firing_share: 0.02,
    dead_share: 0.3,
    fvu: 0.2,
    l0: k,
    controls: { random: control, principal_axes: control, rows: control },
  };
}

/** Untrained toys and made-up recovery: what is told of a result, not how it comes about. */
function exampleResult(): Superposition {
  const headline = recoveryPoint(0.1, 12, 2);
  return {
    seed: 7n,
    phase: [pointOf(6, 2, 1), pointOf(6, 2, 0.1)],
    polytopes: [{ name: 'pentagon', ...pointOf(5, 2, 0.1), n: 5, m: 2 }],
    planar: [pointOf(5, 2, 1)],
    interference: [pointOf(20, 5, 1)],
    diagram: {
      densities: [1, 0.1],
      importances: [2, 1],
      dimensionality: [
        [1, 0.5],
        [0, 0.5],
      ],
    },
    recovery: [recoveryPoint(0.5, 12, 2), headline, recoveryPoint(0.1, 24, 2)],
    seeds: [headline, headline],
    limits: {
      k: [headline, recoveryPoint(0.1, 12, 6)],
      rows: [{ ...headline, rows: 100 }, headline],
      training: [{ ...headline, trained_rows: 500 }, headline],
    },
  };
}

describe('superpositionReport', () => {
  test('draws every figure and leaves no gap in its texts', async () => {
    const html = reportPage(await superpositionReport(exampleResult(), 'run by a test'));
    expect(html.match(/<figure/g)?.length).toBeGreaterThanOrEqual(10);
    expect(html).toContain('run by a test');
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });
});

describe('summariseSuperposition', () => {
  test('is plain JSON with numbers of four decimals and the seed of each headline', () => {
    const summary = summariseSuperposition(exampleResult());
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary.recovered_share).toBe(0.9877);
    expect(summary.seeds.map(({ seed }) => seed)).toEqual([7, 8]);
    expect(summary.planar[0].directions).toHaveLength(5);
  });
});

describe('runSuperposition', () => {
  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(runSuperposition({ seed: 0n, signal })).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
