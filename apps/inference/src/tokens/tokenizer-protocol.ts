import type { FacetErrorKind } from '@facet/errors';
import type { ChatMessage, DecodeState } from '@facet/transformer';

/** What is known of a tokenizer without asking it. */
export interface TokenizerFacts {
  /** One more than the largest token id. */
  vocabSize: number;
  /** Every id that has a token, by rising id. */
  tokenIds: readonly number[];
  specialTokenIds: readonly number[];
  bosTokenId: number | undefined;
  /** Names of the chat templates, the default one first. */
  chatTemplates: readonly string[];
  /** What of its files cannot be used, in sentences. */
  warnings: readonly string[];
  /** Private memory of the process that holds it, once it is loaded. */
  privateBytes: number;
}

/** Texts to encode. */
export interface EncodeJob {
  op: 'encode';
  texts: readonly string[];
  addSpecial: boolean;
}

/** Tokens to read as they stand in running text. */
export interface TokenTextsJob {
  op: 'token-texts';
  ids: Int32Array;
}

/** Streams to carry on. */
export interface DecodeJob {
  op: 'decode';
  steps: readonly DecodeStep[];
}

/** One stream's next id; the text comes back with the place where the stream stands then. */
export interface DecodeStep {
  /** The stream's place, or the ids before its first one. */
  from: DecodeState | { after: readonly number[] };
  /** The next id; undefined where only the end is asked for. */
  id: number | undefined;
  /** Whether nothing follows. */
  ends: boolean;
}

export interface DecodedStep {
  /** The text that the id completes. */
  text: string;
  /** What was left, where nothing follows. */
  rest: string;
  state: DecodeState;
}

/** A chat to write as text. */
export interface RenderJob {
  op: 'render';
  messages: readonly ChatMessage[];
  /** Name of the template; undefined for the default one. */
  template: string | undefined;
  addGenerationPrompt: boolean;
}

export type TokenizerJob = EncodeJob | TokenTextsJob | DecodeJob | RenderJob;

/** The ids of all texts, one after another. */
export interface EncodedTexts {
  ids: Int32Array;
  lengths: number[];
}

/** The result of each kind of job. */
export interface TokenizerResults {
  encode: EncodedTexts;
  'token-texts': string[];
  decode: DecodedStep[];
  render: string;
}

export interface Failure {
  kind: FacetErrorKind;
  message: string;
  reason: string;
}

/** What the process says: first the facts, then one answer for each job, in order; in between, which item takes long. */
export type TokenizerReply =
  | { facts: TokenizerFacts }
  | { at: number | undefined }
  | { result: TokenizerResults[TokenizerJob['op']] }
  | { failure: Failure }
  | { bug: string };
