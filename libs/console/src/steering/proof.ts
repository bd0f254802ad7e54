import type { PositionProof, ResolvedEdit } from '@facet/contracts';
import type { Palette } from '../text/palette.ts';
import { formatCount, formatValue } from '../text/quantities.ts';
import { type Column, renderTable } from '../text/table.ts';
import { printable } from '../text/text-width.ts';
import type { SteeringOutcome } from './steer.ts';
import { formatSteerMode } from './steer-mode.ts';

/** What one edit did at one position. */
interface ProofRow {
  position: number;
  token: string;
  edit: number;
  fBefore: number;
  fAfter: number;
  deltaNorm: number;
  xNorm: number;
  edited: boolean;
  /** KL of the next-token distributions at this position; the prompt's positions but the last have none. */
  kl: number | undefined;
}

/** Why f after is not f': the SAE reads the edited vector anew, and its encoder is not the inverse of its decoder. */
const LEGEND = "x moved by (f' − f before) · W_dec; f after is encoded again from the moved x";

/** Writes what steering did: the resolved edits, positions with f before and after, and the sums. */
export function renderProof(outcome: SteeringOutcome, limit: number, palette: Palette): string {
  const rows = proofRows(outcome);
  const shown = rows.slice(0, limit);
  const hidden = rows.length - shown.length;
  const severalEdits = outcome.started.edits.length > 1;
  return [
    ...outcome.started.edits.map(describeEdit),
    ...(shown.length > 0 ? ['', renderTable(shown, proofColumns(severalEdits), palette)] : []),
    ...(hidden > 0 ? [palette.dim(`… ${formatCount(hidden)} more positions`)] : []),
    ...(shown.length > 0 ? [palette.dim(LEGEND)] : []),
    '',
    describeSummary(outcome),
  ].join('\n');
}

function proofRows({ started, steeredTokens, proofs }: SteeringOutcome): ProofRow[] {
  const tokens = new Map(steeredTokens.map((token) => [token.position, token]));
  const textAt = (position: number) => started.promptTokenTexts[position] ?? tokens.get(position)?.text ?? '';
  return proofs.flatMap((proof: PositionProof) =>
    proof.features.map((feature) => ({
      ...feature,
      position: proof.position,
      token: printable(textAt(proof.position)),
      deltaNorm: proof.deltaNorm,
      xNorm: proof.xNorm,
      edited: proof.edited,
      kl: tokens.get(proof.position + 1)?.kl,
    })),
  );
}

function proofColumns(severalEdits: boolean): Column<ProofRow>[] {
  const number = (title: string, value: (row: ProofRow) => number | undefined): Column<ProofRow> => ({
    title,
    align: 'right',
    cell: (row) => {
      const at = value(row);
      return at === undefined ? '' : formatValue(at);
    },
  });
  return [
    { title: 'position', cell: (row) => String(row.position), align: 'right' },
    { title: 'token', cell: (row) => JSON.stringify(row.token) },
    ...(severalEdits
      ? [{ title: 'edit', cell: (row: ProofRow) => String(row.edit), align: 'right' as const }]
      : []),
    number('f before', (row) => row.fBefore),
    number('f after', (row) => row.fAfter),
    number('‖Δx‖', (row) => row.deltaNorm),
    number('‖x‖', (row) => row.xNorm),
    number('KL next', (row) => row.kl),
    { title: '', cell: (row) => (row.edited ? '' : 'left alone') },
  ];
}

function describeEdit({ edit, hookPoint, scale, offset, maxActivation }: ResolvedEdit, i: number): string {
  const rule = `f' = ${describeRule(scale, offset)}`;
  const max = maxActivation > 0 ? `, indexed maximum ${formatValue(maxActivation)}` : '';
  return `edit ${i}: ${edit?.feature ?? ''} ${formatSteerMode(edit?.mode)} at ${hookPoint}: ${rule}${max}`;
}

/** Writes scale · f + offset without the parts that say nothing. */
function describeRule(scale: number, offset: number): string {
  if (scale === 0) return formatValue(offset);
  const scaled = scale === 1 ? 'f' : `${formatValue(scale)}·f`;
  return offset === 0 ? scaled : `${scaled} + ${formatValue(offset)}`;
}

function describeSummary({ started, summary, steered }: SteeringOutcome): string {
  const { positions, positionsEdited, meanDeltaNorm, meanXNorm, meanKl, unsteeredNll, notice } = summary;
  const parts = [
    `edited ${formatCount(positionsEdited)} of ${formatCount(positions)} positions`,
    ...(positionsEdited > 0
      ? [`mean ‖Δx‖ ${formatValue(meanDeltaNorm)} on mean ‖x‖ ${formatValue(meanXNorm)}`]
      : []),
    ...(meanKl === undefined ? [] : [`mean KL(default ‖ steered) ${formatValue(meanKl)} nats`]),
    ...(unsteeredNll === undefined
      ? []
      : [`the unsteered model finds the steered text at ${formatValue(unsteeredNll)} nats a token`]),
    `${formatCount(steered.tokens)} tokens, seed ${started.seed}`,
  ];
  return `${notice === '' ? '' : `NOTICE: ${notice}\n`}${parts.join('; ')}`;
}
