import { PositionProof, ResolvedEdit, SteeredToken, SteeringSummary } from '@facet/contracts';
import type { Palette } from '../text/palette.ts';
import { renderSideBySide } from '../text/side-by-side.ts';
import { printableLines } from '../text/text-width.ts';
import { renderLikeliest } from './likeliest.ts';
import { renderProof } from './proof.ts';
import type { SteeringOutcome } from './steer.ts';

export interface SteeringStyle {
  palette: Palette;
  columns: number;
  /** Positions of the proof, and of the likeliest tokens where they were asked for, that are shown. */
  limit: number;
}

/** Writes default and steered text beside each other, under them the likeliest tokens of the steered one, and what was edited. */
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
  const likeliest = renderLikeliest(outcome.steeredTokens, limit, palette);
  return [texts, likeliest, renderProof(outcome, limit, palette)].filter((part) => part !== '').join('\n\n');
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
