import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { FacetError, quote } from '@facet/errors';
import { type FileProblem, openBelow, parseFileUri } from '@facet/mesh';

/** A corpus that is open for reading. */
export interface OpenCorpus {
  file: FileHandle;
  /** The name of the file, without its folders. */
  name: string;
  /** Names the corpus in errors, as the caller did. */
  shown: string;
}

/**
 * Opens the file of a corpus: `uri` is an absolute path or a file:// URL of a regular file below one of `roots`, links
 * resolved. Without a root no file is read.
 */
export async function openCorpus(uri: string, roots: readonly string[]): Promise<OpenCorpus> {
  const shown = quote(uri);
  const opened = await openBelow(corpusPath(uri), roots);
  if (opened.file === undefined) throw refusal(shown, opened, roots);
  return { file: opened.file, name: basename(corpusPath(uri)), shown };
}

function refusal(
  shown: string,
  { problem, cause }: { problem: FileProblem; cause?: unknown },
  roots: readonly string[],
): FacetError {
  switch (problem) {
    case 'absent':
      return new FacetError('not-found', `the corpus ${shown} does not exist where the capture workers run`, {
        cause,
        reason: 'CORPUS_NOT_FOUND',
        field: 'spec.corpus.uri',
      });
    case 'outside':
      return corpusError(
        `the corpus ${shown} ${roots.length === 0 ? NO_ROOT : OUTSIDE}`,
        'CORPUS_OUTSIDE_ROOT',
      );
    case 'irregular':
      return corpusError(`the corpus ${shown} is not a regular file`, 'CORPUS_UNREADABLE');
    case 'unreadable':
      return unreadable(shown, (cause as NodeJS.ErrnoException).code, cause);
  }
}

const REMEDY = 'the operator names them with FACET_CORPUS_ROOT, or with `facet up --corpora`';
const OUTSIDE = `lies outside the folders of corpora of this service; ${REMEDY}`;
const NO_ROOT = `is not read: this service has no folders of corpora; ${REMEDY}`;

/** Turns a corpus URI into an absolute path. */
export function corpusPath(uri: string): string {
  return parseFileUri(uri, { field: 'spec.corpus.uri', reason: 'CORPUS_URI_INVALID' });
}

function unreadable(shown: string, code: string | undefined, cause: unknown): FacetError {
  return new FacetError('invalid', `the corpus ${shown} cannot be read (${code})`, {
    cause,
    reason: 'CORPUS_UNREADABLE',
    field: 'spec.corpus.uri',
  });
}

/** An error about the corpus of a set. */
export function corpusError(message: string, reason: string, cause?: unknown): FacetError {
  return new FacetError('invalid', message, { reason, field: 'spec.corpus.uri', cause });
}

/** An error about a corpus of which it is not clear what it is; `remedy` names the option that decides. */
export function ambiguous(shown: string, problem: string, remedy: string): FacetError {
  return corpusError(`the corpus ${shown} ${problem}; ${remedy}`, 'CORPUS_AMBIGUOUS');
}
