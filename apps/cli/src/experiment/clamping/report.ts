import { type Block, type Cell, reportPage, type Section } from '@facet/report';
import { doseFigure, fluencyFigure, heatFigure, removalFigure } from './figures.ts';
import { type ClampingSpent, countAll, medianOf, medianRemoval } from './json.ts';
import { type Clamping, describeLimits, type MeasuredSubject } from './measure.ts';

/** Prompts whose texts at each dose are shown. */
const EXAMPLE_PROMPTS = 3;

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
          note: `of ${others.length} others, ${others.filter(({ strongestDose }) => strongestDose !== null).length} have one`,
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

function exampleBlocks({ subjects, prompts, defaults }: Clamping): Block[] {
  const [bridge] = subjects;
  const step = Math.max(1, Math.floor(prompts.length / EXAMPLE_PROMPTS));
  return prompts
    .flatMap((_, i) => (i % step === 0 ? [i] : []))
    .slice(0, EXAMPLE_PROMPTS)
    .flatMap((prompt): Block[] => {
      const first = bridge.doses.map(({ dose }) =>
        bridge.texts.find((text) => text.dose === dose && text.prompt === prompt),
      );
      const byDefault = defaults.texts.find((text) => text.prompt === prompt);
      const rows: Cell[][] = [
        ['default', byDefault?.text ?? '', byDefault?.nll ?? null, null],
        ...first.map((text) => [`${text?.dose} ×`, text?.text ?? '', text?.nll ?? null, text?.kl ?? null]),
      ];
      return [
        { kind: 'heading', text: prompts[prompt].text.replace(/^Human: |\nAssistant:$/g, '') },
        { kind: 'table', header: ['dose', 'text', 'nll', 'KL'], rows },
      ];
    });
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
        `at 0, ${percent(medianRemoval(others, 'other'))} with the feature of a concept of another kind at 0.`,
    },
  ];
}

function tableBlock({ subjects, plan }: Clamping): Block {
  return {
    kind: 'table',
    header: [
      'concept',
      'kind',
      'feature',
      'F1',
      'fluent to, ×',
      ...plan.doses.map((dose) => `turned, fluent ${dose} ×`),
    ],
    rows: subjects.map(({ subject, strongestDose, doses }): Cell[] => [
      subject.concept,
      subject.kind,
      String(subject.feature),
      subject.f1,
      strongestDose,
      ...doses.map(({ fluentShare }) => percent(fluentShare)),
    ]),
    caption: 'Shares of texts that turned to the concept and keep both limits of fluency themselves.',
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
