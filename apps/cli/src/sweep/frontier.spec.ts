import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPalette, writeReport } from '@facet/console';
import { checkReport, hasBrowser } from '@facet/console/testing';
import { SaeEvaluation, TrainingRun } from '@facet/contracts';
import { frontierOf, paretoOptimal } from './frontier.ts';
import { renderFrontier } from './frontier-table.ts';
import { sweepPage } from './report.ts';

const testWithBrowser = hasBrowser ? test : test.skip;
if (!hasBrowser) console.warn('SKIPPED: there is no chromium to open reports in');

const trained = { heldOutTokens: 500n, deadWindowTokens: 2000n, trainedTokens: 9000n, l0: 9, fvu: 0.9 };

const run = TrainingRun.fromPartial({
  name: 'trainingRuns/s',
  state: 'TRAINING_RUN_STATE_SUCCEEDED',
  spec: {
    activationSets: ['activationSets/a'],
    dSae: 64,
    variants: [
      { dSae: 32, recipe: { $case: 'topk', value: { k: 8 } } },
      { recipe: { $case: 'topk', value: { k: 16 } } },
      { recipe: { $case: 'jumprelu', value: { targetL0: 16 } } },
      { recipe: { $case: 'standard', value: { lambda: 0.5 } } },
    ],
  },
  members: [
    { sae: 'saes/s-1', evaluation: { ...trained, deadFraction: 0.25 } },
    { sae: 'saes/s-2', evaluation: trained },
    { sae: 'saes/s-3', evaluation: trained },
    { sae: 'saes/s-4', error: { reason: 'TRAINING_DIVERGED', message: 'training diverged at step 2 of 9' } },
  ],
});

function evaluationOf(l0: number, fvu: number, zero: number): SaeEvaluation {
  return SaeEvaluation.fromPartial({
    tokens: 400n,
    reconstruction: { l0, fvu },
    model: { tokens: 380n, ceRecoveredZero: zero, ceRecoveredMean: zero - 0.5, klSae: 0.25 },
  });
}

/** The third is neither as sparse nor as good by fvu as the second, but recovers more of the loss. */
const evaluations = new Map([
  ['saes/s-1', evaluationOf(8, 0.3, 0.8)],
  ['saes/s-2', evaluationOf(15.5, 0.2, 0.9)],
  ['saes/s-3', evaluationOf(16, 0.21, 0.95)],
]);

describe('paretoOptimal', () => {
  test('marks points that no other beats in one number without losing in the other', () => {
    expect(
      paretoOptimal([
        [1, 5],
        [2, 3],
        [3, 3],
        [3, 2],
        [2, 3],
        [4, 4],
      ]),
    ).toEqual([true, true, false, true, true, false]);
  });

  test('leaves points out that lack a number', () => {
    expect(
      paretoOptimal([
        [undefined, 0],
        [1, undefined],
        [5, 5],
      ]),
    ).toEqual([false, false, true]);
  });
});

describe('frontierOf', () => {
  test('joins what was asked for with what was measured, and marks both frontiers', () => {
    const rows = frontierOf(run, evaluations);
    expect(rows.map(({ recipe, dSae, sparsity, l0, fvu }) => [recipe, dSae, sparsity, l0, fvu])).toEqual([
      ['topk', 32, 'k 8', 8, 0.3],
      ['topk', 64, 'k 16', 15.5, 0.2],
      ['jumprelu', 64, 'l0 16', 16, 0.21],
      ['standard', 64, 'λ 0.5', undefined, undefined],
    ]);
    expect(rows.map(({ pareto }) => pareto)).toEqual([
      { fvu: true, ceRecovered: true },
      { fvu: true, ceRecovered: true },
      { fvu: false, ceRecovered: true },
      { fvu: false, ceRecovered: false },
    ]);
    expect(rows[0]).toMatchObject({ tokens: 400, deadFraction: 0.25, deadWindowTokens: 2000 });
    expect(rows[3]!.error).toMatch(/diverged at step 2/);
  });

  test("takes training's own held-out metrics where nothing else was measured, and invents none", () => {
    const [row] = frontierOf(run, new Map());
    expect(row).toMatchObject({ l0: 9, fvu: 0.9, tokens: 500, pareto: { fvu: true, ceRecovered: false } });
    expect(row!.model).toBeUndefined();
    const unknown = { ...run, members: [{ ...run.members[0]!, evaluation: undefined }] };
    expect(frontierOf(unknown, new Map())[0]).toMatchObject({ l0: undefined, fvu: undefined, tokens: 0 });
  });
});

describe('renderFrontier', () => {
  test('writes a line for each SAE, a dash for what is not known, and why one was given up', () => {
    const lines = renderFrontier(frontierOf(run, evaluations), createPalette(false)).split('\n');
    const cells = (line: string) => line.split(/\s{2,}/);
    expect(cells(lines[0]!)).toEqual([
      'recipe',
      'd_sae',
      'sparsity',
      'l0',
      'fvu',
      'dead',
      'ce_rec zero',
      'ce_rec mean',
      'KL',
      'tokens',
      'Pareto',
    ]);
    expect(cells(lines[1]!)).toEqual([
      'topk',
      '32',
      'k 8',
      '8.00',
      '0.300',
      '25.0%',
      '80.0%',
      '30.0%',
      '0.250',
      '400',
      'fvu ce',
    ]);
    expect(cells(lines[3]!).slice(0, 3)).toEqual(['jumprelu', '64', 'l0 16']);
    expect(cells(lines[3]!).at(-1)).toBe('ce');
    expect(cells(lines[4]!).slice(-6)).toEqual(['–', '–', '–', '–', '0', 'given up']);
    expect(lines[5]).toContain('silent over the last 2,000 training tokens');
    expect(lines[6]).toBe('saes/s-4 is not published: training diverged at step 2 of 9');
  });
});

describe('sweepPage', () => {
  test('draws a line for every recipe and size, and leaves figures out that nothing was measured for', async () => {
    const page = await sweepPage(run, frontierOf(run, evaluations));
    expect(page.match(/<svg/g)).toHaveLength(3);
    for (const name of ['topk 32', 'topk 64', 'jumprelu 64']) expect(page).toContain(name);
    expect(page).not.toContain('standard 64');
    expect((await sweepPage(run, frontierOf(run, new Map()))).match(/<svg/g)).toHaveLength(1);
  });

  testWithBrowser('is sound in Chromium', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facet-sweep-page-'));
    try {
      const page = await sweepPage(run, frontierOf(run, evaluations));
      checkReport(await writeReport(join(folder, 'sweep.html'), page));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
