import { EXIT_CODES } from '@facet/mesh';
import { runProgram } from './run-program.ts';

/** Port 1 is reserved: nothing answers there. */
const NOWHERE = '127.0.0.1:1';

async function facet(args: string[], env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' };
  const terminal = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const host = { env, stdout: terminal('stdout'), stderr: terminal('stderr') };
  const interruption = { signal: new AbortController().signal, exitCode: () => undefined };
  return { exitCode: await runProgram(args, host, interruption), ...written };
}

const RUN = ['run', '--model', '/nowhere', '--corpus', '/nowhere', '--hook', 'blocks.0.hook_resid_post'];
const FIND = [
  '--find',
  'a',
  '--against',
  'b',
  '--steer',
  'ablate',
  '--prompt',
  'x',
  '--d-sae',
  '64',
  '--k',
  '4',
];

describe('runProgram', () => {
  test('prints help on standard output and exits 0', async () => {
    const { exitCode, stdout } = await facet(['--help']);
    expect(exitCode).toBe(EXIT_CODES.OK);
    for (const command of ['run', 'up', 'doctor', 'models', 'capture', 'train', 'index', 'features', 'steer'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  test.each([
    [['fly'], "unknown command 'fly'"],
    [['doctor', '--wings'], "unknown option '--wings'"],
    [['features', 'list'], "missing required argument 'sae'"],
    [['capture'], "required option '--corpus <file>'"],
  ])('exits 2 for %j and says why on standard error only', async (args, message) => {
    const { exitCode, stdout, stderr } = await facet(args);
    expect(exitCode).toBe(EXIT_CODES.USAGE);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  test('ends with exactly one JSON line on standard output, for errors too', async () => {
    const { exitCode, stdout } = await facet(['fly', '--json']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({
      error: { kind: 'invalid', reason: 'USAGE', message: "unknown command 'fly'", exitCode },
    });
  });

  test('exits 4 when a service is not there, naming it, its address and the remedy', async () => {
    const args = ['capture', 'list', '--capture-address', NOWHERE, '--json'];
    const { exitCode, stdout, stderr } = await facet(args);
    expect(exitCode).toBe(EXIT_CODES.UNAVAILABLE);
    expect(stderr).toContain(`the capture service is not there: nothing answers at ${NOWHERE}`);
    expect(stderr).toContain('`facet up`');
    expect(JSON.parse(stdout).error).toMatchObject({ kind: 'unavailable', exitCode: EXIT_CODES.UNAVAILABLE });
  });

  test('takes addresses from the environment', async () => {
    const { stderr } = await facet(['models', 'list'], { FACET_INFERENCE_ADDRESS: NOWHERE });
    expect(stderr).toContain(`nothing answers at ${NOWHERE}`);
  });

  test.each([
    ['--inference-address', 'localhost', /--inference-address "localhost" is not an address/],
    ['--limit', '0', /--limit "0" must be a whole number from 1/],
  ])('exits 2 for %s %s', async (option, value, message) => {
    const { exitCode, stderr } = await facet(['models', 'list', option, value]);
    expect(exitCode).toBe(EXIT_CODES.USAGE);
    expect(stderr).toMatch(message);
  });

  test('checks the whole command line of a run before it starts anything', async () => {
    const { exitCode, stderr } = await facet([...RUN, ...FIND]);
    expect(exitCode).toBe(EXIT_CODES.USAGE);
    expect(stderr).toContain('the model directory "/nowhere" does not exist');
  });

  test('refuses k above d_sae', async () => {
    const args = ['train', '--activations', 'a', '--d-sae', '16', '--k', '32'];
    const { exitCode, stderr } = await facet(args, { FACET_TRAINING_ADDRESS: NOWHERE });
    expect(exitCode).toBe(EXIT_CODES.USAGE);
    expect(stderr).toContain('--k 32 is more than --d-sae 16');
  });

  test('shows no stack unless asked to', async () => {
    const quiet = await facet(['models', 'list', '--limit', 'x']);
    const verbose = await facet(['models', 'list', '--limit', 'x', '--verbose']);
    expect(quiet.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(verbose.stderr).toMatch(/^ {4}at /m);
  });
});
