import type { LoadedModel } from './loaded-model.ts';
import { createStopFilter } from './stop-texts.ts';

/** Why a variant ended. */
export type FinishReason = 'eos' | 'stop' | 'max-tokens';

/** Turns one variant's tokens into the text that is sent, and finds its end. */
export interface GeneratedText {
  /** Takes the next token; returns the text to append and why the variant ends with it, if it does. */
  push(id: number): { text: string; ended: FinishReason | undefined };
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
  { tokenizer }: LoadedModel,
  prompt: readonly number[],
  { stops, eosTokenIds, maxTokens }: EndConditions,
): GeneratedText {
  const decoder = tokenizer.decodeStream({ after: prompt.filter((id) => id < tokenizer.vocabSize) });
  const filter = createStopFilter(stops);
  let whole = '';
  let tokens = 0;

  const read = (id: number): { text: string; ended: FinishReason | undefined } => {
    const isEos = eosTokenIds.includes(id);
    const decoded = isEos || id >= tokenizer.vocabSize ? '' : decoder.push(id);
    const passed = filter.push(decoded);
    if (passed.stopped) return { text: passed.text, ended: 'stop' };
    if (!isEos && tokens < maxTokens) return { text: passed.text, ended: undefined };
    const rest = filter.push(decoder.end());
    const text = passed.text + rest.text;
    if (rest.stopped) return { text, ended: 'stop' };
    return { text: text + filter.end(), ended: isEos ? 'eos' : 'max-tokens' };
  };
  return {
    push(id) {
      tokens++;
      const { text, ended } = read(id);
      whole += text;
      return { text, ended };
    },
    text: () => whole,
    tokens: () => tokens,
  };
}
