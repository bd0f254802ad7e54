import { Command } from 'commander';
import { addRunOptions, parseRunOptions, type RunOptions } from './run-options.ts';

function parse(...words: string[]) {
  const command = addRunOptions(new Command().exitOverride());
  return parseRunOptions(command.parse(words, { from: 'user' }).opts<RunOptions>());
}

describe('parseRunOptions', () => {
  test('passes an engine on as it was named', () => {
    expect(parse('--engine', 'tfjs').engine).toBe('tfjs');
    expect(parse('--engine', 'tfjs:node-gpu').engine).toBe('tfjs:node-gpu');
  });

  test('leaves the default engine to the service, whether it is named or not', () => {
    expect(parse().engine).toBe('');
    expect(parse('--engine', 'cpu').engine).toBe('');
  });

  test('refuses a number out of its range, naming the option', () => {
    expect(() => parse('--checkpoint-minutes', '2000')).toThrow(/--checkpoint-minutes/);
  });
});
