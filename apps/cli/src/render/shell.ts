import { relative } from 'node:path';

const PLAIN = /^[\w@%+=:,./-]+$/;

/** Writes a word so that a POSIX shell reads it as it is. */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Writes a path for the shell, relative to the working directory where that is shorter. */
export function shellPath(path: string): string {
  const near = relative(process.cwd(), path) || '.';
  return shellQuote(near.length < path.length ? near : path);
}
