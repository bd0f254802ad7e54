import { Command } from 'commander';
import { addSamplingOptions, parseSamplingOptions, type SamplingOptions } from './sampling.ts';

function parse(words: string[], seed?: string) {
  const command = addSamplingOptions(new Command().exitOverride());
  return parseSamplingOptions(command.parse(words, { from: 'user' }).opts<SamplingOptions>(), seed);
}

describe('parseSamplingOptions', () => {
  test('is greedy and leaves the rest to the service where nothing is given', () => {
    expect(parse([])).toEqual({ temperature: 0, maxTokens: 64 });
  });

  test('passes everything on', () => {
    const words = ['--temperature', '0.7', '--top-k', '40', '--top-p', '0.9', '--min-p', '0.05'];
    const penalties = [
      '--repetition-penalty',
      '1.2',
      '--presence-penalty',
      '-0.5',
      '--frequency-penalty',
      '2',
    ];
    const biases = ['--logit-bias', '402=-5', '--logit-bias', '0=100'];
    expect(parse([...words, ...penalties, ...biases, '--max-tokens', '1k'], '9')).toEqual({
      temperature: 0.7,
      topK: 40,
      topP: 0.9,
      minP: 0.05,
      repetitionPenalty: 1.2,
      presencePenalty: -0.5,
      frequencyPenalty: 2,
      logitBias: [
        { tokenId: 402, bias: -5 },
        { tokenId: 0, bias: 100 },
      ],
      maxTokens: 1000,
      seed: 9n,
    });
  });

  test.each([
    ['--min-p', '1.1'],
    ['--min-p', 'x'],
    ['--repetition-penalty', '0'],
    ['--repetition-penalty', '101'],
    ['--presence-penalty', '2.01'],
    ['--frequency-penalty', '-3'],
    ['--frequency-penalty', 'Infinity'],
    ['--logit-bias', '402'],
    ['--logit-bias', '402=1=2'],
    ['--logit-bias', '=1'],
    ['--logit-bias', '402='],
    ['--logit-bias', '1.5=1'],
    ['--logit-bias', '402=101'],
  ])('refuses %s %s by name and value', (option, value) => {
    expect(() => parse([option, value])).toThrow(option);
    expect(() => parse([option, value])).toThrow(JSON.stringify(value));
  });
});
