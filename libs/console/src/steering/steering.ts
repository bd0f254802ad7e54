import { PositionProof, ResolvedEdit, SteeredToken, SteeringSummary } from '@facet/contracts';
import type { Palette } from '../text/palette.ts';
import { renderSideBySide } from '../text/side-by-side.ts';
import { printableLines } from '../text/text-width.ts';
import { renderProof } from './proof.ts';
import type { SteeringOutcome } from './steer.ts';

export interface SteeringStyle {
  palette: Palette;
  columns: number;
  /** Positions of the proof that are shown. */
  limit: number;
}

/** Writes default and steered text beside each other, and under them what was edited. */
export function renderSteering(prompt: string, outcome: SteeringOutcome, style: SteeringStyle): string {
  const { normal, steered } = outcome;
  const { palette, columns, limit } = style;
  const text = (generated: string | undefined) => printableLines(`${prompt}${generated ?? ''}`);
  const texts = renderSideBySide(
    { title: 'default', text: text(normal?.text) },
    { title: 'steered', text: text(steered.text) },
    columns,
    palette,
  );
  return `${texts}\n\n${renderProof(outcome, limit, palette)}`;
}

/** The same for programs; positions in canonical JSON of the contract. */
export function steeringJson({ started, normal, steered, steeredTokens, proofs, summary }: SteeringOutcome) {
  return {
    seed: started.seed.toString(),
    model: started.model,
    edits: started.edits.map(ResolvedEdit.toJSON),
    texts: { default: normal?.text ?? null, steered: steered.text },
    summary: SteeringSummary.toJSON(summary),
    steeredTokens: steeredTokens.map(SteeredToken.toJSON),
    proofs: proofs.map(PositionProof.toJSON),
  };
}
