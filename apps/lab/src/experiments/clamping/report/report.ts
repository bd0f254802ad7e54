import type { DoseText } from '@facet/experiments';
import { type Block, type Cell, reportPage, type Section } from '@facet/report';
import { type Clamping, describeLimits, type MeasuredSubject } from '../measure.ts';
import { doseFigure, fluencyFigure, heatFigure, removalFigure } from './figures.ts';
import { type ClampingSpent, countAll, medianOf, medianRemoval } from './json.ts';

/** Prompts whose texts at each dose are shown. */
const EXAMPLE_PROMPTS = 3;
/** Texts that turned to the bridge that are shown. */
const TURNED_EXAMPLES = 10;

/** Writes the page of the experiment. */
export async function clampingPage(
  clamping: Clamping,
  { seed, seconds }: Omit<ClampingSpent, 'report'>,
): Promise<string> {
  const { prompts, plan, subjects } = clamping;
  return reportPage({
    title: 'Clamping: turning a concept up, and out',
    subtitle:
      'What the model writes after prompts that have nothing to do with a concept while the feature of the concept is clamped; ' +
      'strategy 2 of Scaling Monosemanticity, on a model whose world is known.',
    sections: [
      { title: 'In short', blocks: headline(clamping) },
      { title: 'Dose and response', blocks: await responseBlocks(clamping) },
      { title: 'Fluency', blocks: await fluencyBlocks(clamping) },
      { title: 'What the bridge says', blocks: exampleBlocks(clamping) },
      { title: 'Clamping to 0 takes a concept out', blocks: await removalBlocks(clamping) },
      { title: 'Every concept', blocks: [tableBlock(clamping)] },
      setupSection(clamping),
    ],
    footer:
      `Seed ${seed}; ${countAll(clamping)} texts of at most ${plan.maxTokens} tokens at temperature ${plan.temperature}; ` +
      `${subjects.length} concepts, ${prompts.length} prompts; ${seconds.toFixed(0)} s.`,
  });
}

function headline(clamping: Clamping): Block[] {
  const { subjects, controls } = clamping;
  const [bridge, ...others] = subjects;
  const best = strongestShare(bridge);
  const control = controls.randomFeature.find(({ dose }) => dose === best.dose);
  const direction = controls.randomDirection.find(({ dose }) => dose === best.dose);
  return [
    {
      kind: 'facts',
      facts: [
        {
          label: `Texts about the bridge at ${best.dose} × its maximum`,
          value: percent(best.share),
          note: `by default ${percent(bridge.defaultShare)}, random feature ${percent(control?.share)}, random direction ${percent(direction?.share)}`,
        },
        {
          label: 'The same, median of the other concepts',
          value: percent(medianOf(others, best.dose, 'share')),
          note: `${others.length} concepts of ${new Set(others.map(({ subject }) => subject.kind)).size} kinds`,
        },
        {
          label: 'Strongest dose of the bridge that stays fluent',
          value: bridge.strongestDose === null ? 'none' : `${bridge.strongestDose} ×`,
          note: `the others: ${describeDoses(others)}`,
        },
        {
          label: 'Bridge asked for, its feature at 0',
          value: percent(bridge.removal.clamped),
          note: `by default ${percent(bridge.removal.default)}, another concept’s feature at 0 ${percent(bridge.removal.other)}`,
        },
      ],
    },
  ];
}

/** How many have which strongest dose: `3 at 1 ×, 13 at 0.5 ×`. */
function describeDoses(subjects: readonly MeasuredSubject[]): string {
  const doses = [...new Set(subjects.map(({ strongestDose }) => strongestDose ?? 0))].sort((a, b) => b - a);
  const count = (dose: number) =>
    subjects.filter(({ strongestDose }) => (strongestDose ?? 0) === dose).length;
  return doses.map((dose) => `${count(dose)} at ${dose === 0 ? 'none' : `${dose} ×`}`).join(', ');
}

/** The positive dose with the largest share, the weakest of equal ones. */
function strongestShare({ doses }: MeasuredSubject) {
  const candidates = doses.filter(({ dose }) => dose > 0);
  return candidates.reduce((best, next) => (next.share > best.share ? next : best));
}

async function responseBlocks(clamping: Clamping): Promise<Block[]> {
  return [
    {
      kind: 'figure',
      figure: await doseFigure(clamping),
      caption:
        'A text has turned to a concept if it holds one of its names, paraphrases or facts, in any language. The band holds the middle ' +
        'half of the other concepts. The dashed line also counts texts that only show the bridge’s sign, 🌉, which the world puts behind ' +
        'mentions. Controls count texts that turn to the concept that they stand in for.',
    },
    {
      kind: 'figure',
      figure: await heatFigure(clamping),
      caption: 'The same for every concept.',
    },
  ];
}

async function fluencyBlocks(clamping: Clamping): Promise<Block[]> {
  const { nll, repetition } = clamping.defaults;
  const length = medianOf(clamping.subjects, 1, 'relativeDelta')?.toFixed(2) ?? '–';
  return [
    {
      kind: 'text',
      paragraphs: [
        'A dose is degenerate if the median of its texts is less likely under the unsteered model than the model’s own fluent texts ' +
          'are behind a prompt that they were not written for, or repeats more of its 3-grams than 19 of 20 default texts: ' +
          `${describeLimits(clamping.defaults.limits)}. Default texts have ${nll.toFixed(2)} nats per token and repeat ` +
          `${percent(repetition)} (medians). An edit of the features’ maximum is ${length} times as long as the vector it is added to. The strongest fluent dose is the last one before the first degenerate one.`,
      ],
    },
    {
      kind: 'figure',
      figure: await fluencyFigure(clamping),
      caption:
        'Medians over the texts of a dose. A low nll alone does not say that a text is good: repeating one word is likely too.',
    },
  ];
}

function exampleBlocks(clamping: Clamping): Block[] {
  const { prompts } = clamping;
  const step = Math.max(1, Math.floor(prompts.length / EXAMPLE_PROMPTS));
  const shown = prompts.map((_, i) => i).filter((i) => i % step === 0);
  return [
    ...shown.slice(0, EXAMPLE_PROMPTS).flatMap((prompt) => doseBlocks(clamping, prompt)),
    ...turnedBlocks(clamping),
  ];
}

/** The bridge's texts behind one prompt, at every dose. */
function doseBlocks({ subjects, prompts, defaults, plan }: Clamping, prompt: number): Block[] {
  const row = (label: string, text: DoseText | undefined): Cell[] => [
    label,
    text?.text ?? null,
    text?.nll ?? null,
    text?.kl ?? null,
  ];
  const behind = subjects[0].texts.filter((text) => text.prompt === prompt);
  const rows = [
    row(
      'default',
      defaults.texts.find((text) => text.prompt === prompt),
    ),
    ...plan.doses.map((dose) =>
      row(
        `${dose} ×`,
        behind.find((text) => text.dose === dose),
      ),
    ),
  ];
  return [
    { kind: 'heading', text: shortPrompt(prompts[prompt].text) },
    { kind: 'table', header: ['dose', 'text', 'nll', 'KL'], rows },
  ];
}

/** The first texts that turned to the bridge at its strongest fluent dose. */
function turnedBlocks({ subjects: [bridge], prompts }: Clamping): Block[] {
  const turned = bridge.texts.filter(({ dose, turned }) => dose === bridge.strongestDose && turned);
  if (turned.length === 0) return [];
  const rows = turned
    .slice(0, TURNED_EXAMPLES)
    .map(({ prompt, text, nll }): Cell[] => [shortPrompt(prompts[prompt].text), text, nll]);
  return [
    { kind: 'heading', text: `Texts that turned to the bridge at ${bridge.strongestDose} ×` },
    { kind: 'table', header: ['prompt', 'text', 'nll'], rows },
  ];
}

function shortPrompt(prompt: string): string {
  return prompt.replace(/^Human: |\nAssistant:$/g, '');
}

async function removalBlocks(clamping: Clamping): Promise<Block[]> {
  const others = clamping.subjects.slice(1);
  return [
    {
      kind: 'figure',
      figure: await removalFigure(clamping),
      caption:
        `Questions of the train part that ask for the concept without naming it (riddles, facts, translations of paraphrases). Medians of ` +
        `the others: ${percent(medianRemoval(others, 'default'))} by default, ${percent(medianRemoval(others, 'clamped'))} with the feature ` +
        `at 0, ${percent(medianRemoval(others, 'other'))} with the feature of another concept, of the same kind where there is one, at 0.`,
    },
  ];
}

function tableBlock({ subjects }: Clamping): Block {
  return {
    kind: 'table',
    header: ['concept', 'kind', 'feature', 'F1', 'density', 'fluent to, ×', 'best fluent share', 'at, ×'],
    rows: subjects.map(({ subject, strongestDose, doses }): Cell[] => {
      const best = doses.reduce((most, next) => (next.fluentShare > most.fluentShare ? next : most));
      return [
        subject.concept,
        subject.kind,
        String(subject.feature),
        subject.f1,
        subject.density,
        strongestDose,
        percent(best.fluentShare),
        best.dose,
      ];
    }),
    caption:
      'F1 of the feature on the labelled train part. Best fluent share: of the texts at the dose where it is largest, those that turned ' +
      'to the concept and keep both limits of fluency themselves.',
  };
}

function setupSection({ plan, prompts, subjects }: Clamping): Section {
  return {
    title: 'How it was measured',
    blocks: [
      {
        kind: 'text',
        paragraphs: [
          `Concepts: the bridge, then kind after kind the concept whose best feature has the highest F1 on ${plan.labelledTokens} labelled ` +
            `tokens of the train part, until there are ${subjects.length}; no feature twice. The feature is clamped at every position of ` +
            'prompt and text to a multiple of its largest activation in the index.',
          `Prompts: ${prompts.length} distinct questions and beginnings of sentences from the world’s held-out part. None mentions a ` +
            'concept that is clamped, nor the country or capital that belongs to one. The question of the paper comes first.',
          `Seeds: ${plan.seeds[0]} of sampling for the bridge, ${plan.seeds[1]} for each other concept; at one seed all doses draw the same ` +
            'random numbers.',
          `Controls, for every concept and one prompt in ${plan.controlPeriod}: a random feature among the 32 of the most similar density, clamped to the ` +
            'same multiples of its own maximum; and the same clamp, read by the concept’s own encoder, moving along a random direction that ' +
            'is as long as the feature’s.',
        ],
      },
    ],
  };
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${Math.round(100 * share)} %`;
}
