import type { Mention } from './text-builder.ts';

const SENTENCE_END = /[.!?。！？]/g;

/**
 * Where a text goes on about each thing it named or described: from the end of the mention to the end of its sentence, or of what
 * is marked as said about it, but never past the next mention of anything.
 */
export function topicRuns(text: string, mentions: readonly Mention[]): Mention[] {
  const meant = mentions.filter(({ role }) => role !== 'topic').sort((a, b) => a.start - b.start);
  return meant.flatMap(({ end: start, concept }, index) => {
    const topic = mentions.find(
      (other) =>
        other.role === 'topic' && other.concept === concept && other.start <= start && start < other.end,
    );
    const wanted = Math.max(endOfSentence(text, start), topic?.end ?? start);
    const end = Math.min(wanted, meant[index + 1]?.start ?? text.length);
    return end > start ? [{ start, end, concept, role: 'topic' as const }] : [];
  });
}

/** Position behind the first mark that ends a sentence at or after `from`; a line ends one too. */
function endOfSentence(text: string, from: number): number {
  SENTENCE_END.lastIndex = from;
  const mark = SENTENCE_END.exec(text)?.index ?? text.length - 1;
  const line = text.indexOf('\n', from);
  return line >= 0 && line < mark ? line : mark + 1;
}
