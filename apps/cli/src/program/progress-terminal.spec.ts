import { createPalette, describeProgress } from '@facet/console';
import { createProgressReporter } from './progress-terminal.ts';

function reporterOn(isTerminal: boolean) {
  const clock = { ms: 0 };
  const written: string[] = [];
  const reporter = createProgressReporter({
    write: (text) => written.push(text),
    isTerminal,
    columns: () => 60,
    palette: createPalette(false),
    now: () => clock.ms,
  });
  return { clock, written, reporter };
}

const at = (done: number) => ({ done, total: 500_000, unit: 'tokens', rate: 41_000, etaSeconds: 9.4 });

describe('describeProgress', () => {
  test('says amount, share, rate and time left', () => {
    expect(describeProgress({ ...at(120_000), detail: 'capturing' })).toBe(
      '120,000 of 500,000 tokens (24%), 41,000 tokens/s, 9 s left, capturing',
    );
  });

  test('leaves out what is not known', () => {
    expect(describeProgress({ done: 3, unit: 'texts', rate: 0 })).toBe('3 texts');
  });
});

describe('createProgressReporter', () => {
  test('writes a plain line at once and then every few seconds where there is no terminal', () => {
    const { clock, written, reporter } = reporterOn(false);
    const stage = reporter.stage('capture');
    for (clock.ms = 0; clock.ms <= 6500; clock.ms += 500) stage.update(at(clock.ms * 50));
    stage.done('500,000 tokens');
    expect(written).toEqual([
      'capture: 0 of 500,000 tokens (0%), 41,000 tokens/s, 9 s left\n',
      'capture: 150,000 of 500,000 tokens (30%), 41,000 tokens/s, 9 s left\n',
      'capture: 300,000 of 500,000 tokens (60%), 41,000 tokens/s, 9 s left\n',
      'capture: 500,000 tokens (7.0 s)\n',
    ]);
  });

  test('redraws one line in a terminal and leaves one line for every stage', () => {
    const { clock, written, reporter } = reporterOn(true);
    const stage = reporter.stage('capture');
    clock.ms = 2500;
    stage.done('500,000 tokens');
    reporter.close();
    expect(written[0]).toContain('capture');
    expect(written.at(-1)).toBe('\r\u001b[2K✓ capture  500,000 tokens  2.5 s\n');
  });

  test('draws how much is done', () => {
    const { written, reporter } = reporterOn(true);
    const stage = reporter.stage('train');
    stage.update(at(125_000));
    reporter.note('checkpoint');
    reporter.close();
    expect(written.join('')).toContain('train  ━━━━──────────── 125,000 of 500,000');
  });

  test('never writes a line that is longer than the terminal is wide', () => {
    const { written, reporter } = reporterOn(true);
    reporter.stage('a stage with quite a long name that goes on and on and on and on and on').update(at(1));
    reporter.close();
    expect(written[0]!.replace('\r\u001b[2K', '').length).toBeLessThanOrEqual(59);
  });
});
