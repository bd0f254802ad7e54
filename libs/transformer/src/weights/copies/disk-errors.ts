const READ_ONLY: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS'];
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether a file system refused because it cannot be written. */
export const isReadOnly = (error: unknown): boolean => READ_ONLY.includes(codeOf(error));

/** Whether a disk, a quota or a limit of file sizes takes no more bytes. */
export const isFull = (error: unknown): boolean => FULL.includes(codeOf(error));

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Goes on where what was to be written is not needed: the folder is read-only or its disk is full. */
export function ignoreUnwritable(error: unknown): void {
  if (!isReadOnly(error) && !isFull(error)) throw error;
}
