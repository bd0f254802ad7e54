import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPalette } from '@facet/console';
import { quietInvocation } from '@facet/console/testing';
import { withLab } from '../../landmarks/lab.ts';
import { BRIDGE, BUNDLED_MODEL } from '../../landmarks/world.ts';
import { CLAMPING_PLAN, type Clamping, measureClamping } from './measure.ts';
import { clampingJson, countAll } from './report/json.ts';
import { clampingPage } from './report/report.ts';
import { renderClamping } from './report/table.ts';

const present = existsSync(join(BUNDLED_MODEL, 'model.safetensors'));
if (!present) console.warn('no bundled model: clamping is not tested end to end');
const describeWhenPresent = present ? describe : describe.skip;

/** One concept beside the bridge, four prompts, three doses. */
const SMALL = {
  ...CLAMPING_PLAN,
  subjects: 2,
  labelledTokens: 20_000,
  questions: 3,
  openings: 1,
  asking: 3,
  doses: [0, 1, 20],
  seeds: [2, 1] as const,
  maxTokens: 8,
};

describeWhenPresent('clamping', () => {
  let folder: string;
  let clamping: Clamping;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-clamping-'));
    const invocation = quietInvocation();
    const options = { dataDir: folder, seed: '0', trainTokens: 30_000 };
    clamping = await withLab(options, invocation, (lab) => measureClamping(lab, SMALL, invocation));
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('writes a text for every prompt, dose and seed, and for the controls at positive doses', () => {
    const [bridge, other] = clamping.subjects;
    expect(bridge.subject.concept).toBe(BRIDGE);
    expect(other.subject.feature).not.toBe(bridge.subject.feature);
    expect(bridge.doses.map(({ dose, texts }) => [dose, texts])).toEqual([
      [0, 8],
      [1, 8],
      [20, 8],
    ]);
    expect(other.doses.map(({ texts }) => texts)).toEqual([4, 4, 4]);
    // One prompt in four, for each of the two concepts.
    for (const control of Object.values(clamping.controls))
      expect(control.map(({ dose, texts }) => [dose, texts])).toEqual([
        [1, 2],
        [20, 2],
      ]);
  });

  test('moves the model more the stronger the dose, and not where a feature that is silent is set to 0', () => {
    for (const { doses, texts } of clamping.subjects) {
      expect(doses[2].kl).toBeGreaterThan(doses[1].kl);
      expect(doses[1].kl).toBeGreaterThan(doses[0].kl);
      const untouched = texts.filter(({ dose, kl }) => dose === 0 && kl === 0);
      for (const { prompt, text } of untouched)
        expect(clamping.defaults.texts.map((one) => [one.prompt, one.text])).toContainEqual([prompt, text]);
    }
  });

  test('moves a random direction as far, but elsewhere', () => {
    const [{ controls }] = clamping.subjects;
    const [, strong] = clamping.controls.randomDirection;
    expect(strong.kl).toBeGreaterThan(clamping.controls.randomDirection[0].kl);
    const lengths = clamping.subjects.map(({ doses }) => doses[2].relativeDelta);
    expect(strong.relativeDelta).toBeGreaterThan(0.6 * Math.min(...lengths));
    expect(strong.relativeDelta).toBeLessThan(1.7 * Math.max(...lengths));
    expect(controls.randomDirection.map(({ text }) => text)).not.toEqual(
      controls.randomFeature.map(({ text }) => text),
    );
  });

  test('says all of it: table, page and figures for programs', async () => {
    const spent = { seed: 0, seconds: 1, report: 'clamping.html' };
    const text = renderClamping(clamping, { ...spent, palette: createPalette(false) });
    expect(text).toContain('golden-gate-bridge');
    expect(text).toContain(`${countAll(clamping)} texts`);
    const page = await clampingPage(clamping, spent);
    expect(page.match(/<svg/g)).toHaveLength(4);
    expect(page).not.toMatch(/NaN|undefined/);
    const json = clampingJson(clamping, spent);
    expect(Object.keys(json.bridge.share_by_dose)).toEqual(['0', '1', '20']);
    expect(json.bridge.strongest_dose).toBe(clamping.subjects[0].strongestDose);
    expect(json.bridge.removal.questions).toBe(3);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});
