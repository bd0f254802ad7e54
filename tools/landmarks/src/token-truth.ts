import type { Language } from './concept.ts';
import type { WorldDocument } from './generate.ts';
import type { Lexicon } from './lexicon.ts';
import type { Mention, Role } from './text-builder.ts';
import type { TokenEncoder } from './tokenizer/index.ts';
import { BOS_ID } from './tokenizer/index.ts';
import { labelDocument, mentionTokens } from './truth.ts';

/** What is true about every token of some documents, each of which begins with BOS. */
export interface TokenTruth {
  /** Token ids, document after document, BOS included [n]. */
  readonly tokenIds: Int32Array;
  /** Row at which each document begins [documents]. */
  readonly starts: Int32Array;
  /** 0 for BOS, 1 for the others [n]. */
  readonly isCounted: Uint8Array;
  /** Mentions by concept, their rows in order. */
  readonly mentions: ReadonlyMap<string, readonly RowMention[]>;
}

/** A mention on rows [first, last]. */
export interface RowMention {
  readonly first: number;
  readonly last: number;
  readonly role: Role;
  readonly language: Language | undefined;
  /** Index of the document. */
  readonly document: number;
}

/** Puts the truth about documents onto their tokens; documents longer than the context must be left out before. */
export function labelTokens(
  documents: readonly WorldDocument[],
  encoder: TokenEncoder,
  lexicon: Lexicon,
): TokenTruth {
  const tokenIds: number[] = [];
  const starts: number[] = [];
  const mentions = new Map<string, RowMention[]>();
  for (const [index, document] of documents.entries()) {
    const { ids, ends } = encoder.encodeWithOffsets(document.text);
    starts.push(tokenIds.length);
    const base = tokenIds.length + 1;
    for (const mention of labelDocument(document, lexicon)) {
      const { first, last } = mentionTokens(mention, ends);
      append(mentions, mention, {
        first: base + first,
        last: base + last,
        role: mention.role,
        language: mention.language,
        document: index,
      });
    }
    tokenIds.push(BOS_ID, ...ids);
  }
  return {
    tokenIds: Int32Array.from(tokenIds),
    starts: Int32Array.from(starts),
    isCounted: Uint8Array.from(tokenIds, (id) => (id === BOS_ID ? 0 : 1)),
    mentions,
  };
}

function append(mentions: Map<string, RowMention[]>, { concept }: Mention, row: RowMention): void {
  const known = mentions.get(concept);
  if (known) known.push(row);
  else mentions.set(concept, [row]);
}
