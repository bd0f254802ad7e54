import type { LoadedModel } from '../models/loaded-model.ts';
import type { DecodedStep, DecodeStep } from '../tokens/tokenizer-protocol.ts';
import { createStopFilter } from './stop-texts.ts';

/** Why a variant ended. */
export type FinishReason = 'eos' | 'stop' | 'max-tokens';

/** Turns one variant's tokens into the text that is sent, and finds its end. */
export interface GeneratedText {
  /** Counts the next token; returns what the tokenizer is to be asked for it. */
  next(id: number): DecodeStep;
  /** Takes the answer; returns the text to append and why the variant ends with it, if it does. */
  append(decoded: DecodedStep): { text: string; ended: FinishReason | undefined };
  /** The text of all tokens so far, as sent. */
  text(): string;
  tokens(): number;
}

export interface EndConditions {
  stops: readonly string[];
  /** Tokens that end the text; empty to generate through them. */
  eosTokenIds: readonly number[];
  maxTokens: number;
}

/** Creates the text that follows `prompt`. What the last token leaves open (held text, part of a character) comes with it. */
export function createGeneratedText(
  { tokenizer, special }: LoadedModel,
  prompt: readonly number[],
  { stops, eosTokenIds, maxTokens }: EndConditions,
): GeneratedText {
  const { vocabSize } = tokenizer.facts;
  const filter = createStopFilter(stops);
  const ordinary = prompt.filter((id) => id < vocabSize && special[id] !== 1);
  let from: DecodeStep['from'] = { after: ordinary.slice(-MAX_AFTER_TOKENS) };
  let isEos = false;
  let whole = '';
  let tokens = 0;

  const read = ({ text: decoded, rest: left }: DecodedStep): ReturnType<GeneratedText['append']> => {
    const passed = filter.push(decoded);
    if (passed.stopped) return { text: passed.text, ended: 'stop' };
    if (!isEos && tokens < maxTokens) return { text: passed.text, ended: undefined };
    const rest = filter.push(left);
    const text = passed.text + rest.text;
    if (rest.stopped) return { text, ended: 'stop' };
    return { text: text + filter.end(), ended: isEos ? 'eos' : 'max-tokens' };
  };
  return {
    next(id) {
      tokens++;
      isEos = eosTokenIds.includes(id);
      const isRead = !isEos && id < vocabSize;
      return { from, id: isRead ? id : undefined, ends: isEos || tokens >= maxTokens };
    },
    append(decoded) {
      from = decoded.state;
      const { text, ended } = read(decoded);
      whole += text;
      return { text, ended };
    },
    text: () => whole,
    tokens: () => tokens,
  };
}

/** Tokens of the prompt that are sent along: more than a stream looks back. */
const MAX_AFTER_TOKENS = 64;
