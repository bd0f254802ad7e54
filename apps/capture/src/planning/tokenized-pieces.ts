import type { Hash } from 'node:crypto';
import type { CaptureContext } from '../capture-context.ts';
import type { OpenCorpus } from '../corpus/bytes/corpus-file.ts';
import { type CorpusPiece, readCorpus } from '../corpus/read-corpus.ts';
import type { Recognised } from '../corpus/recognition/recognise.ts';
import { corpusChanged } from '../sets/corpus-changed.ts';
import type { SetRecord } from '../sets/set-record.ts';
import { mapAhead } from './map-ahead.ts';
import type { Planning } from './planning.ts';

/** Pieces of text under way to the tokenizer at once. */
const TOKENIZE_AHEAD = 2;
/** Texts of one call, as TokenizeText limits them. */
const MAX_TEXTS = 4096;

/** A piece of a corpus, cut into sections. */
interface Piece extends CorpusPiece {
  /** 1 for the first; the last has no bytes, but what the end completes. */
  number: number;
}

/** A piece with the tokens of every section. */
export interface TokenizedPiece extends Piece {
  tokens: Int32Array[];
}

export interface PieceSource {
  corpus: OpenCorpus;
  recognised: Recognised;
  /** Takes the bytes of the pieces that are read over. */
  hash: Hash;
  /** What was packed before: read over, and not tokenized again. */
  begun: Planning | undefined;
  signal: AbortSignal;
}

/**
 * Reads a corpus piece by piece and tokenizes it, from behind what was packed before; `precondition`, CORPUS_CHANGED, where
 * that is not the same any more.
 */
export function tokenizedPieces(
  { inference }: CaptureContext,
  record: SetRecord,
  source: PieceSource,
): AsyncGenerator<TokenizedPiece> {
  const { signal } = source;
  const { model } = record.spec;
  return mapAhead(unpackedPieces(record, source), TOKENIZE_AHEAD, async (piece) => {
    const { sections } = piece;
    const tokens: Int32Array[] = [];
    for (let start = 0; start < sections.length; start += MAX_TEXTS) {
      const texts = sections.slice(start, start + MAX_TEXTS).map(({ text }) => text);
      tokens.push(...(await inference.tokenize(model, texts, signal)));
    }
    return { ...piece, tokens };
  });
}

/** Pieces that are not packed yet; reading over the others makes sure that they are the same. */
async function* unpackedPieces(record: SetRecord, source: PieceSource): AsyncGenerator<Piece> {
  const { corpus, recognised, hash, begun, signal } = source;
  const packed = begun?.pieces ?? 0;
  let read = 0;
  for await (const piece of readCorpus(corpus, recognised, signal)) {
    read++;
    if (read > packed) yield { ...piece, number: read };
    else hash.update(piece.bytes);
    if (read === packed && hash.copy().digest('hex') !== begun?.sha256) throw corpusChanged(record.id);
  }
  if (read < packed) throw corpusChanged(record.id);
}
