import type { KernelCall, KernelTask } from '@facet/kernels';
import type { CpuWorkspace } from './cpu-workspace.ts';

/** Rows of one task: few enough that threads end together, and that what one call leaves is in cache for the next. */
const ROWS_PER_TASK = 64;
const FEATURES_PER_TASK = 128;

/** A run of rows, or of features. */
export interface Run {
  first: number;
  count: number;
}

/** Does calls for every run of some rows; gives the sum of what they return. */
export function forRows(
  cpu: CpuWorkspace,
  { first, rows }: { first: number; rows: number },
  calls: (run: Run) => readonly KernelCall[],
): Promise<number> {
  return runTasks(cpu, runsOf(first, rows, ROWS_PER_TASK).map(calls));
}

/** Does calls for every run of features, and `further` ones beside them; gives the sum of what they return. */
export function forFeatures(
  cpu: CpuWorkspace,
  calls: (run: Run) => readonly KernelCall[],
  further: readonly KernelCall[] = [],
): Promise<number> {
  return runTasks(cpu, [...runsOf(0, cpu.d_sae, FEATURES_PER_TASK).map(calls), further]);
}

/** Adds up in the order of the tasks, so that the sum is the same whoever did them. */
async function runTasks({ threads }: CpuWorkspace, tasks: readonly KernelTask[]): Promise<number> {
  return (await threads.run(tasks)).reduce((sum, result) => sum + result, 0);
}

function runsOf(from: number, length: number, size: number): Run[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, n) => ({
    first: from + n * size,
    count: Math.min(size, length - n * size),
  }));
}
