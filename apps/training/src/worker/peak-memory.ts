/** The growth of this process's resident memory. */
export interface PeakMemory {
  /** Looks at the memory now. */
  sample(): void;
  /** By how many bytes resident memory was at most above what it was at first; 0 where it only shrank. */
  peakBytes(): number;
}

/**
 * Starts from the memory as it is. Looks only when told to, so peaks between two looks are missed; other work of
 * the process counts as well.
 */
export function createPeakMemory(residentBytes: () => number = process.memoryUsage.rss): PeakMemory {
  const before = residentBytes();
  let peak = before;
  return {
    sample() {
      peak = Math.max(peak, residentBytes());
    },
    peakBytes: () => peak - before,
  };
}
