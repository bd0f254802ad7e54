/** Cuts the prefix off an enum value: `TRAINING_RUN_STATE_RUNNING` becomes `RUNNING`. */
export function shortState(state: string): string {
  return state.replace(/^.*_STATE_/, '');
}
