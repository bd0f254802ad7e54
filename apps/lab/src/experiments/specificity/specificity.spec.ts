import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkReport, hasBrowser, quietInvocation } from '@facet/console/testing';
import { withLab } from '../../landmarks/lab.ts';
import { trainedSae } from '../../landmarks/train-sae.ts';
import { BRIDGE, BUNDLED_MODEL } from '../../landmarks/world.ts';
import { medianF1, resultOf } from './findings.ts';
import { type ConceptResult, type LanguageResult, measureSpecificity } from './measure.ts';
import { specificityPage } from './report.ts';

const present = existsSync(join(BUNDLED_MODEL, 'model.safetensors'));
if (!present) console.warn('SKIPPED: the bundled model is not there');
const describeWhenPresent = present ? describe : describe.skip;
if (!hasBrowser) console.warn('SKIPPED: there is no chromium to open reports in');
const testWithBrowser = hasBrowser ? test : test.skip;

const HOOK_POINT = 'blocks.3.hook_resid_post';

describeWhenPresent('specificity', () => {
  let folder: string;
  let results: readonly ConceptResult[];
  let bridgeByLanguage: readonly LanguageResult[];
  let page: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-specificity-'));
    const options = { dataDir: folder, seed: '0', trainTokens: 60_000 };
    const invocation = quietInvocation();
    const sae = await withLab(options, invocation, async (lab) => {
      const trained = trainedSae(await lab.sae({ dSae: 512, epochs: 4 }));
      const input = {
        ...trained,
        train: lab.corpus('train', 40_000, 1),
        heldOut: lab.corpus('heldout', 20_000),
        hookPoint: HOOK_POINT,
      };
      const measured = await measureSpecificity(lab, input, invocation.signal);
      results = measured.concepts;
      bridgeByLanguage = measured.bridgeByLanguage;
      return trained;
    });
    page = await specificityPage({
      ...sae,
      seed: '0',
      hookPoint: HOOK_POINT,
      choiceTokens: 40_000,
      heldOutTokens: 20_000,
      results,
      bridgeByLanguage,
      seconds: 1,
    });
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

  test('finds the bridge in each language with the feature that is best there', () => {
    expect(bridgeByLanguage.map(({ language }) => language)).toEqual(['en', 'es', 'fr', 'zh']);
    const { feature, sae } = resultOf(results, BRIDGE);
    for (const own of bridgeByLanguage)
      if (own.feature === feature && own.sae.threshold === sae.threshold)
        expect(own.sae.recall).toBe(sae.groups[own.language].recall);
    expect(bridgeByLanguage[0].sae.recall).toBeGreaterThan(0.3);
  });

  test('measures every concept with all four detectors', () => {
    expect(results).toHaveLength(91);
    for (const { sae, direction, neuron, randomSae, intervals } of results) {
      for (const { precision, recall, f1 } of [sae, direction, neuron, randomSae]) {
        for (const share of [precision, recall]) expect(share >= 0 && share <= 1).toBe(true);
        if (f1 > 0) expect(f1).toBeCloseTo((2 * precision * recall) / (precision + recall), 9);
      }
      expect(intervals.length === 0 || intervals.length === 10).toBe(true);
    }
    const { name, paraphrase } = resultOf(results, BRIDGE).sae.groups;
    expect(name.mentions).toBeGreaterThan(0);
    expect(paraphrase.mentions).toBeGreaterThan(0);
  });

  test('finds more in what was learned than in random directions and single neurons', () => {
    const [sae, direction, neuron, randomSae] = (['sae', 'direction', 'neuron', 'randomSae'] as const).map(
      (kind) => medianF1(results, kind),
    );
    expect(sae).toBeGreaterThan(randomSae);
    expect(sae).toBeGreaterThan(neuron);
    expect(direction).toBeGreaterThan(neuron);
  });

  testWithBrowser(
    'shows its figures in a browser, and nothing from elsewhere',
    async () => {
      const path = join(folder, 'specificity.html');
      await writeFile(path, page);
      expect(await readFile(path, 'utf8')).toContain('Precision per activation interval');
      checkReport(path);
    },
    60_000,
  );
});
