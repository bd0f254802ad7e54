import {
  type DoseSummary,
  type DoseText,
  drawSimilarFeature,
  type FluencyLimits,
  fluencyLimits,
  strongestFluentDose,
  summariseDoses,
} from '@facet/experiments';
import { SIGNS } from '@facet/landmarks';
import { createRandom } from '@facet/random';
import type { Lab } from '../../landmarks/lab.ts';
import { type DoseSetting, measureDoses } from './dose-texts.ts';
import { misplace, scorePairs } from './misplaced.ts';
import type { Prompt } from './prompts.ts';
import { measureRandomDirection } from './random-direction.ts';
import type { IndexedSae, Subject } from './subjects.ts';

/** How much is generated. */
export interface EffectPlan {
  readonly prompts: readonly Prompt[];
  readonly doses: readonly number[];
  /** Every this-many-th prompt is used for the controls too. */
  readonly controlPeriod: number;
  /** Seeds of sampling for the first subject, and for the others. */
  readonly seeds: readonly [first: number, others: number];
  readonly maxTokens: number;
  readonly temperature: number;
}

/** What clamping does to the texts about one concept. */
export interface SubjectEffect {
  readonly subject: Subject;
  /** Share of the unsteered texts that are about it. */
  readonly defaultShare: number;
  readonly doses: readonly DoseSummary[];
  readonly strongestDose: number | null;
  readonly texts: readonly DoseText[];
  readonly controls: Readonly<Record<Control, readonly DoseText[]>>;
  /** Index of the feature that was drawn as control. */
  readonly controlFeature: number;
}

export type Control = 'randomFeature' | 'randomDirection';

/** What the model writes by itself. */
export interface DefaultTexts {
  readonly texts: readonly DoseText[];
  readonly limits: FluencyLimits;
}

/** Sampling of the first seed of the experiment; texts end where the person would speak again. */
const STOP = ['\nHuman:'];
/** Seeds of sampling of one experiment lie side by side, those of another so far off. */
const SEEDS_APART = 1000;

/** Has everything that subjects share: the lab, the SAE, the plan and how to go on. */
export interface EffectContext {
  readonly lab: Lab;
  readonly sae: IndexedSae;
  readonly plan: EffectPlan;
  readonly onText: () => void;
  readonly signal: AbortSignal;
}

/** Number of texts that the effects of so many subjects take. */
export function countTexts({ prompts, doses, controlPeriod, seeds }: EffectPlan, subjects: number): number {
  const steered = prompts.length * doses.length * (seeds[0] + seeds[1] * (subjects - 1));
  const controls = Math.ceil(prompts.length / controlPeriod) * positive(doses).length * 2 * subjects;
  return prompts.length * seeds[0] + steered + controls;
}

/** Writes the default texts, one a prompt and seed of the first subject, and derives from them what counts as degenerate. */
export async function writeDefaults(context: EffectContext, subject: Subject): Promise<DefaultTexts> {
  const { lab, plan, signal } = context;
  const nothing = { turned: false, shown: false };
  const setting = { ...settingOf(context, () => nothing), doses: [1] };
  const texts: DoseText[] = [];
  for (let seed = 0; seed < plan.seeds[0]; seed++)
    texts.push(...(await inSeed(context, setting, seed, { feature: subject.name, mode: 'scale' })));
  const first = texts.slice(0, plan.prompts.length);
  const pairs = first.map(({ prompt, text }) => ({
    prompt: plan.prompts[prompt].text,
    kind: plan.prompts[prompt].kind,
    text,
  }));
  const misplaced = await scorePairs(lab.clients, misplace(pairs), signal);
  return { texts, limits: fluencyLimits(texts, misplaced) };
}

/** Clamps one subject's feature to every dose, and its controls to the positive ones. */
export async function measureEffect(
  context: EffectContext,
  subject: Subject,
  { defaults, seeds, excluded }: { defaults: DefaultTexts; seeds: number; excluded: ReadonlySet<number> },
): Promise<SubjectEffect> {
  const { lab, sae, plan } = context;
  const judge = judgeOf(context, subject);
  const setting = settingOf(context, judge);
  const control = {
    ...setting,
    prompts: setting.prompts.filter((_, i) => i % plan.controlPeriod === 0),
    doses: positive(plan.doses),
  };
  const random = createRandom(BigInt(lab.seed), subject.feature);
  const similar = drawSimilarFeature(sae.features, { wanted: subject.density, excluded }, random);
  const direction = { sae: sae.name, subject, seed: lab.seed };
  const [texts, randomFeature, randomDirection] = await Promise.all([
    inSeeds(context, setting, seeds, subject.name),
    inSeed(context, control, 0, { feature: similar.name, mode: 'clampToMax' }),
    measureRandomDirection(lab.clients, direction, { ...control, sampling: samplingOf(context, 0) }),
  ]);
  const doses = summariseDoses(texts, defaults.limits);
  const about = defaults.texts.filter(({ text }) => judge(text).turned);
  return {
    subject,
    defaultShare: about.length / defaults.texts.length,
    doses,
    strongestDose: strongestFluentDose(doses),
    texts,
    controls: { randomFeature, randomDirection },
    controlFeature: similar.index,
  };
}

/** Looks for a concept in texts: by the world's words, and by its sign. */
export function judgeOf({ lab }: Pick<EffectContext, 'lab'>, { concept }: Subject): DoseSetting['judge'] {
  return (text) => {
    const turned = lab.tokenized.lexicon.conceptsIn(text).has(concept);
    return { turned, shown: turned || text.includes(SIGNS[concept]) };
  };
}

/** The settings of sampling of one seed. */
export function samplingOf({ lab, plan }: Pick<EffectContext, 'lab' | 'plan'>, seed: number) {
  const { temperature, maxTokens } = plan;
  return { temperature, maxTokens, seed: BigInt(SEEDS_APART * lab.seed + seed), stop: STOP };
}

/** Doses above 0: those that turn a text towards something. */
export function positive(doses: readonly number[]): number[] {
  return doses.filter((dose) => dose > 0);
}

type UnseededSetting = Omit<DoseSetting, 'sampling'>;

function settingOf({ plan, onText, signal }: EffectContext, judge: DoseSetting['judge']): UnseededSetting {
  return { prompts: plan.prompts.map(({ text }) => text), doses: plan.doses, judge, onText, signal };
}

function inSeed(
  context: EffectContext,
  setting: UnseededSetting,
  seed: number,
  edit: Parameters<typeof measureDoses>[1],
): Promise<DoseText[]> {
  return measureDoses(context.lab.clients, edit, { ...setting, sampling: samplingOf(context, seed) });
}

async function inSeeds(
  context: EffectContext,
  setting: UnseededSetting,
  seeds: number,
  feature: string,
): Promise<DoseText[]> {
  const texts: DoseText[] = [];
  for (let seed = 0; seed < seeds; seed++)
    texts.push(...(await inSeed(context, setting, seed, { feature, mode: 'clampToMax' })));
  return texts;
}
