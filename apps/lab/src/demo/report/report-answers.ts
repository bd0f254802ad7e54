import { formatValue, printable } from '@facet/console';
import type { Block } from '@facet/report';
import type { Answer } from '../answers.ts';
import { QUESTION } from '../bridge.ts';
import type { DemoFindings } from '../demo.ts';
import type { DemoPlan } from '../plan.ts';

const SHOWN_EXCHANGES = 4;
const SHOWN_TEXTS = 4;
const SHOWN_POSITIONS = 18;

/** The first answers side by side: not the best ones. */
export function exchangeBlocks({ strength }: DemoPlan, { answers }: DemoFindings): Block[] {
  return answers.steered.slice(0, SHOWN_EXCHANGES).map(({ seed, text }, i) => ({
    kind: 'exchange',
    prompt: QUESTION,
    defaultText: shown(answers.normal[i].text),
    steeredText: shown(text),
    defaultLabel: `as it is, seed ${seed}`,
    steeredLabel: `feature × ${strength}, seed ${seed}`,
  }));
}

/** What was answered how often. */
export function answerBlocks({ answers, randomAnswers }: DemoFindings): Block[] {
  const kinds = [
    ['default', answers.normal],
    ['bridge feature', answers.steered],
    ['random feature', randomAnswers.steered],
  ] as const;
  return [
    { kind: 'heading', text: 'The most frequent answers' },
    {
      kind: 'table',
      header: ['answers', 'times', 'about it', 'text'],
      rows: kinds.flatMap(([name, all]) =>
        frequentTexts(all)
          .slice(0, SHOWN_TEXTS)
          .map(({ text, count, about }) => [name, count, about ? 'yes' : 'no', shown(text)]),
      ),
      caption: `The ${SHOWN_TEXTS} most frequent texts of each kind, out of ${answers.steered.length} answers.`,
    },
  ];
}

/** Different texts with their counts, the most frequent first, then in the order of their seeds. */
export function frequentTexts(answers: readonly Answer[]): { text: string; count: number; about: boolean }[] {
  const counts = new Map<string, { text: string; count: number; about: boolean }>();
  for (const { text, about } of answers) {
    const known = counts.get(text) ?? { text, count: 0, about };
    counts.set(text, { ...known, count: known.count + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** What the edit did at every position of the first answer. */
export function proofBlocks({ strength }: DemoPlan, { answers }: DemoFindings): Block[] {
  const { started, steeredTokens, proofs, summary } = answers.first;
  const generated = new Map(steeredTokens.map((token) => [token.position, token]));
  const textAt = (position: number) =>
    started.promptTokenTexts[position] ?? generated.get(position)?.text ?? '';
  const [edit] = started.edits;
  return [
    {
      kind: 'text',
      paragraphs: [
        `At every position but the first special one, the residual vector x at ${edit?.hookPoint} was moved along the feature’s direction to ` +
          `f' = ${formatValue(edit?.offset ?? 0)}, which is ${strength} × its largest activation ` +
          `${formatValue(edit?.maxActivation ?? 0)}: ${summary.positionsEdited} of ${summary.positions} positions, mean KL from the default ` +
          `model ${formatValue(summary.meanKl ?? 0)} nats a token. “f after” is read again from the moved vector; the encoder is not the exact inverse ` +
          'of the decoder, so it need not equal f′.',
      ],
    },
    {
      kind: 'table',
      header: ['position', 'token', 'f before', 'f after', '‖Δx‖', '‖x‖', '‖Δx‖ / ‖x‖', 'KL next'],
      rows: proofs
        .slice(0, SHOWN_POSITIONS)
        .map(({ position, features, deltaNorm, xNorm }) => [
          position,
          JSON.stringify(printable(textAt(position))),
          features[0]?.fBefore ?? null,
          features[0]?.fAfter ?? null,
          deltaNorm,
          xNorm,
          deltaNorm / xNorm,
          generated.get(position + 1)?.kl ?? null,
        ]),
      decimals: 2,
      caption:
        'Positions of the first answer. KL is that of the next token’s distribution; within the prompt nothing is drawn, so none is measured.',
    },
  ];
}

function shown(text: string): string {
  return text === '' ? '(nothing)' : printable(text);
}
