#!/usr/bin/env node
import { listenForInterruption } from './program/interruption.ts';
import { runProgram } from './program/run-program.ts';

process.stdout.on('error', exitOnClosedPipe);
process.stderr.on('error', exitOnClosedPipe);

const interruption = listenForInterruption((line) => process.stderr.write(`\n${line}\n`));
const exitCode = await runProgram(process.argv.slice(2), process, interruption);
await Promise.all([flush(process.stdout), flush(process.stderr)]);
process.exit(exitCode);

/** `facet … | head` closes the pipe early: that is no error. */
function exitOnClosedPipe(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
