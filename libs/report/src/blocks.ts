import type { Figure } from './figure.ts';

/** One page: what `reportPage` turns into HTML. */
export interface Report {
  title: string;
  subtitle?: string;
  sections: readonly Section[];
  /** Small print at the end: version, seed, machine, time. */
  footer?: string;
  /** Language of the page (BCP 47). @default 'en' */
  language?: string;
}

/** A part of a page with a heading of its own. */
export interface Section {
  title: string;
  blocks: readonly Block[];
}

/** What a section is made of. All text is plain text: nothing in it is read as markup. */
export type Block =
  | TextBlock
  | HeadingBlock
  | FactsBlock
  | FigureBlock
  | TableBlock
  | ExchangeBlock
  | TokensBlock
  | CodeBlock;

/** Paragraphs. */
export interface TextBlock {
  kind: 'text';
  paragraphs: readonly string[];
}

/** A heading inside a section. */
export interface HeadingBlock {
  kind: 'heading';
  text: string;
}

/** The headline numbers. */
export interface FactsBlock {
  kind: 'facts';
  facts: readonly Fact[];
}

/** One headline number; strings are shown as they are, numbers with three digits. */
export interface Fact {
  label: string;
  value: string | number;
  /** What it is to be compared with ("random feature: 0 %"). */
  note?: string;
}

/** A figure and what to see in it. */
export interface FigureBlock {
  kind: 'figure';
  figure: Figure;
  caption: string;
}

/** A table; columns whose cells are all numbers are aligned right. `null` is shown as a dash. */
export interface TableBlock {
  kind: 'table';
  header: readonly string[];
  rows: readonly (readonly Cell[])[];
  caption?: string;
  /** Digits shown of numbers that are not whole. @default 3 significant ones */
  decimals?: number;
}

export type Cell = string | number | null;

/** A question with the model's own answer and the steered one beside it. */
export interface ExchangeBlock {
  kind: 'exchange';
  prompt: string;
  defaultText: string;
  steeredText: string;
  /** @default 'Default' */
  defaultLabel?: string;
  /** @default 'Steered' */
  steeredLabel?: string;
}

/** Texts whose tokens are coloured by how strongly a feature fired on them. */
export interface TokensBlock {
  kind: 'tokens';
  examples: readonly TokenExample[];
  caption?: string;
  /** Activation that gets the full colour. @default the largest of the block */
  max?: number;
}

/** One highlighted text. */
export interface TokenExample {
  tokens: readonly TokenActivation[];
  /** Shown at the left. @default the largest activation */
  value?: number;
  /** Short remark below the value: what the text is about by ground truth, or its source. */
  tag?: string;
  /** Whether the ground truth agrees that the feature should fire here; colours the tag. */
  truth?: boolean;
}

/** One token as it reads, and how strongly the feature fired on it. */
export interface TokenActivation {
  text: string;
  activation: number;
  /** Whether the token belongs to the concept by ground truth: underlined. */
  concept?: boolean;
}

/** Program text or a transcript, as it is. */
export interface CodeBlock {
  kind: 'code';
  code: string;
}
