export { SCOPE } from './demo/bridge.ts';
export { addDemoCommand } from './demo/command.ts';
export { addExperimentCommands } from './experiments/commands.ts';
