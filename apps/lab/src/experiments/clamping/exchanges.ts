import type { Mention, WorldDocument } from '@facet/landmarks';

/** A question of a dialogue with the answer that the world gives. */
export interface WrittenExchange {
  readonly question: string;
  readonly answer: string;
  /** What was meant in the question. */
  readonly asked: readonly Mention[];
  /** What was meant in the answer. */
  readonly answered: readonly Mention[];
}

const HUMAN = 'Human: ';
const ASSISTANT = '\nAssistant: ';

/** Takes a dialogue of the world apart. */
export function readExchanges({ text, mentions }: WorldDocument): WrittenExchange[] {
  const exchanges: WrittenExchange[] = [];
  let start = 0;
  for (const piece of text.split(/\n(?=Human: )/)) {
    const turn = piece.indexOf(ASSISTANT);
    const asked = { from: start + HUMAN.length, to: start + turn };
    const answered = { from: start + turn + ASSISTANT.length, to: start + piece.length };
    const within = ({ from, to }: typeof asked) =>
      mentions.filter((mention) => from <= mention.start && mention.end <= to);
    exchanges.push({
      question: text.slice(asked.from, asked.to),
      answer: text.slice(answered.from, answered.to),
      asked: within(asked),
      answered: within(answered),
    });
    start += piece.length + 1;
  }
  return exchanges;
}
