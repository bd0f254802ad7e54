import type { ResolvedConfig } from '../config.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

/** What a recipe computes for one batch, beside the gradients that it leaves in the workspace. */
export interface BatchLoss {
  loss: number;
  squared_error: number;
  firings: number;
}

/** A recipe's arithmetic on the CPU engine. Rows of the batch are centred by b_dec before it is called. */
export interface CpuGradients {
  /** Entries per row that the loss selects, and those of its auxiliary term (0: none). */
  entriesPerRow(config: ResolvedConfig): { main: number; auxiliary: number };
  /** Encodes and decodes the first `rows` rows: selected entries in `main`, x̂ − x in `error`. */
  forward(cpu: CpuWorkspace, rows: number): Promise<BatchLoss>;
  /** Adds the gradients of the batch last encoded to the cleared gradient arrays and completes the loss. */
  backward(cpu: CpuWorkspace, rows: number, forward: BatchLoss): BatchLoss;
  /** Restores what the recipe demands of weights after an update. */
  constrain(cpu: CpuWorkspace): void;
}
