export {
  addClientCommand,
  addCommand,
  addDefaultClientCommand,
  addGroup,
  DEFAULT_DATA_DIRECTORY,
  repeatable,
} from './command/command-builder.ts';
export type { Action, CommandResult, Invocation, Run } from './command/invocation.ts';
export { type Bounds, parseCount, parseDecimal, parseSeed } from './command/numbers.ts';
export {
  describeProgress,
  type ProgressReporter,
  type Stage,
  type StageProgress,
  stageProgress,
} from './command/progress.ts';
export { createTimings, renderTimings, type StageTime, type Timings } from './command/timings.ts';
export { writeReport } from './command/write-report.ts';
export {
  type AddressOptions,
  addAddressOptions,
  addressVariableOf,
  hasAddresses,
  readAddresses,
  SERVICE_NAMES,
  type ServiceAddresses,
} from './services/addresses.ts';
export { type Clients, openClients, withClients } from './services/clients.ts';
export { createEdit, parseEdit, SCOPES, type ScopeName } from './steering/edit.ts';
export { renderProof } from './steering/proof.ts';
export { describeSteering, generateSteered, type SteeringOutcome, steer } from './steering/steer.ts';
export { formatSteerMode, parseSteerMode, STEER_MODES, type SteerMode } from './steering/steer-mode.ts';
export { renderSteering, steeringJson } from './steering/steering.ts';
export { capture, captureWork, describeCapture } from './steps/capture.ts';
export { doWork, type LongWork, watchToEnd } from './steps/follow.ts';
export { describeIndexing, indexFeatures, indexingWork } from './steps/index-features.ts';
export { shortState } from './steps/state.ts';
export { describeTraining, describeTrainingInFull, train, trainingWork } from './steps/train.ts';
export {
  describeEngine,
  describeRecipe,
  describeSparsity,
  evaluationFields,
  TRAINING_RUN_COLUMNS,
  trainingRunFields,
  trainingWarnings,
} from './steps/training-runs.ts';
export { type Field, renderFields } from './text/fields.ts';
export { createPalette, type Palette, wantsColor } from './text/palette.ts';
export {
  formatBytes,
  formatCount,
  formatNumberOf,
  formatRate,
  formatSeconds,
  formatShare,
  formatValue,
} from './text/quantities.ts';
export { renderSideBySide } from './text/side-by-side.ts';
export { type Column, renderTable } from './text/table.ts';
export { pad, printable, textWidth, truncate } from './text/text-width.ts';
