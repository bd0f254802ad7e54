import type { Lineage } from '@facet/objects';

/** What EvaluateSae is asked. */
export interface EvaluationQuestion {
  /** Ids. */
  sae: string;
  activationSet: string;
  /** Most tokens to measure. */
  maxTokens: number;
  /** Whether documents that training held out are preferred; else the set is read from its start. */
  heldOut: boolean;
  reconstructionOnly: boolean;
}

/** Which rows of a set were measured. */
export type SelectionKind = 'held-out-documents' | 'last-contexts' | 'first-contexts';

/** How an SAE reconstructs rows; see `facet.sae.v1.ReconstructionEvaluation`. */
export interface ReconstructionMetrics {
  l0: number;
  fvu: number;
  explainedVariance: number;
  deadFraction: number;
  density: DensityHistogram;
  meanCosine: number;
  meanNormRatio: number;
}

/** Number of features by log10 of the share of tokens for which they fired. */
export interface DensityHistogram {
  /** Ascending, one more than `counts`. */
  edges: number[];
  counts: number[];
}

/** Cross-entropies in nats per token; see `facet.sae.v1.ModelEvaluation`. */
export interface ModelMetrics {
  tokens: number;
  ceClean: number;
  ceSae: number;
  ceZero: number;
  ceMean: number;
  ceRecoveredZero: number;
  ceRecoveredMean: number;
  klSae: number;
}

export interface SaeEvaluation {
  selection: SelectionKind;
  tokens: number;
  contexts: number;
  reconstruction: ReconstructionMetrics;
  /** The model's predictions, or why they were not measured. */
  model: ModelMetrics | { absent: string };
  /** With the hash of the SAE's weights file. */
  lineage: Lineage;
  seconds: number;
}

/** How far an evaluation has come. */
export interface EvaluationProgress {
  stage: 'waiting' | 'reading' | 'evaluating';
  /** Tokens. */
  done: number;
  total: number;
  /** Tokens per second; 0 before the first measurement. */
  rate: number;
}
