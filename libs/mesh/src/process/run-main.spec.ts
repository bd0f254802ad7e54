import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES } from './exit-codes.ts';

const ENTRY = fileURLToPath(new URL('../testing/main-process.ts', import.meta.url));

function run(behaviour: string): {
  child: ChildProcess;
  line(): Promise<string>;
  ended: Promise<{ code: number | string; stderr: string }>;
} {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=facet-source', ENTRY, behaviour]);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, stderr }));
  return { child, line: async () => (await lines.next()).value, ended };
}

describe('runMain', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('stops gracefully on %s and exits 0', async (signal) => {
    const { child, line, ended } = run('quick');
    expect(await line()).toBe('started');
    child.kill(signal);
    expect(await line()).toBe('stopping');
    expect(await ended).toEqual({ code: 0, stderr: '' });
  });

  // By process.exit it would wait for threads in native code and abort.
  test.each(['SIGTERM', 'SIGINT'] as const)('dies at once of a second %s', async (signal) => {
    const { child, line, ended } = run('stuck');
    await line();
    child.kill(signal);
    expect(await line()).toBe('stopping');
    child.kill(signal);
    expect((await ended).code).toBe(signal);
  });

  test('gives up starting when a signal comes, without an error', async () => {
    const { child, line, ended } = run('slow');
    await line();
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, stderr: '' });
  });

  test('prints a start-up error as one line with the exit code of its kind', async () => {
    expect(await run('invalid').ended).toEqual({ code: EXIT_CODES.USAGE, stderr: 'FACET_X is wrong\n' });
  });

  test('prints a bug with its stack and exits 1', async () => {
    const { code, stderr } = await run('bug').ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/TypeError: a bug\n\s+at /);
  });

  test.each(['timer', 'promise', 'emitter', 'nothing'])(
    'goes on when nobody catches an error by a %s, and logs it',
    async (by) => {
      const { child, line, ended } = run(by);
      await line();
      for (let times = 0; times < 2; times++) {
        child.stdin!.write('lose\n');
        expect(await line()).toBe('alive');
      }
      child.kill('SIGTERM');
      const { code, stderr } = await ended;
      expect(code).toBe(0);
      const lines = stderr
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text));
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatchObject({ level: 'error', service: 'test' });
      if (by !== 'nothing') expect(lines[0].err.message).toBe('lost');
    },
  );

  test('goes on when nobody reads its log any more', async () => {
    const { child, line, ended } = run('timer');
    await line();
    child.stderr!.destroy();
    for (let times = 0; times < 2; times++) {
      child.stdin!.write('lose\n');
      expect(await line()).toBe('alive');
    }
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test('stops, and says so, when memory has run out', async () => {
    const { child, line, ended } = run('memory');
    await line();
    child.stdin!.write('lose\n');
    expect(await line()).toMatch(/alive|stopping/);
    const { code, stderr } = await ended;
    expect(code).toBe(EXIT_CODES.EXHAUSTED);
    expect(stderr).toContain('the process ran out of memory');
  });

  test('ends when an error is lost before it has started', async () => {
    const { code, stderr } = await run('early').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Error: lost');
  });
});
