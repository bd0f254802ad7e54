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

  test('passes the details of the schedule, and of what is held out, on', () => {
    const schedule = ['--warmup-steps', '0', '--decay-fraction', '0.5', '--gradient-clip-norm', '0'];
    const spec = parse(...schedule, '--dead-window-tokens', '500k', '--held-out-fraction', '0');
    expect(spec).toMatchObject({
      warmupSteps: 0,
      decayFraction: 0.5,
      gradientClipNorm: 0,
      deadWindowTokens: 500_000n,
      heldOutFraction: 0,
    });
  });

  test('leaves to the service what is not given', () => {
    const { engine, checkpointSteps, ...others } = parse();
    expect(Object.values(others).every((value) => value === undefined)).toBe(true);
    expect(Object.keys(others)).toContain('warmupSteps');
  });

  test.each([
    ['--checkpoint-minutes', '2000'],
    ['--warmup-steps', '4294967296'],
    ['--warmup-steps', '1.5'],
    ['--decay-fraction', '1.01'],
    ['--gradient-clip-norm', '-1'],
    ['--dead-window-tokens', '0'],
    ['--held-out-fraction', '0.6'],
    ['--held-out-fraction', ''],
  ])('refuses %s %j, naming the option', (option, value) => {
    expect(() => parse(option, value)).toThrow(new RegExp(option));
  });
});
