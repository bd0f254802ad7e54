import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import { createLogger } from '@facet/mesh';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { modelWithRegex } from '../testing/regex-model.ts';
import { openTokenizerPool } from './tokenizer-pool.ts';
import { startTokenizerProcess } from './tokenizer-process.ts';

/** A busy machine takes its time to start processes. */
jest.setTimeout(120_000);

/** The tokenizer processes of process `parent`. */
function childrenOf(parent: number): number[] {
  const listed = execFileSync('ps', ['-e', '-o', 'ppid=,pid=,args='], { encoding: 'utf8' }).split('\n');
  return listed
    .filter((line) => line.trim().startsWith(`${parent} `) && line.includes('tokenizer-main'))
    .map((line) => Number(line.trim().split(/ +/)[1]));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeSharedModels(
  ({ directory }) => {
    const signal = new AbortController().signal;
    const job = { op: 'encode', texts: ['Once'], addSpecial: true } as const;

    test('says that a process was lost when something else ends it', async () => {
      const tokenizer = startTokenizerProcess(directory);
      await tokenizer.ready;
      const [pid] = childrenOf(process.pid);
      const answer = tokenizer.run(job);
      process.kill(pid!, 'SIGKILL');
      await expect(answer.then(() => tokenizer.run(job))).rejects.toMatchObject({
        kind: 'unavailable',
        reason: 'TOKENIZER_LOST',
      });
      expect(tokenizer.isAlive()).toBe(false);
    });

    test('is gone once its end is awaited, with what it was doing', async () => {
      const tokenizer = startTokenizerProcess(directory);
      await tokenizer.ready;
      const [pid] = childrenOf(process.pid);
      const long = tokenizer.run({ ...job, texts: ['Once upon '.repeat(500_000)] });
      const refused = expect(long).rejects.toThrow('enough');
      await tokenizer.end(new FacetError('cancelled', 'enough'));
      await refused;
      expect(isRunning(pid!)).toBe(false);
    });

    test('keeps the process that awaits its end running until it has come', async () => {
      const module = new URL('../../dist/tokens/tokenizer-process.js', import.meta.url).href;
      const program = `
        const { startTokenizerProcess } = await import(${JSON.stringify(module)});
        const tokenizer = startTokenizerProcess(${JSON.stringify(`${directory}-missing`)});
        await tokenizer.ready.catch(({ message }) => console.log(message));
        await tokenizer.end(new Error('enough'));
        console.log('ended');
      `;
      const args = ['--input-type=module', '--eval', program];
      const said = execFileSync(process.execPath, args, { encoding: 'utf8' });
      expect(said).toMatch(/tokenizer.json does not exist.*\nended\n$/);
    });

    test('is replaced when it ended while it had nothing to do', async () => {
      const logger = createLogger({ service: 'test', level: 'silent' });
      const pool = await openTokenizerPool(directory, { processes: 1, jobMs: 60_000, logger });
      const [pid] = childrenOf(process.pid);
      process.kill(pid!, 'SIGKILL');
      while (isRunning(pid!)) await sleep(20);
      const encoded = await pool.encode(['Once'], { addSpecial: true, signal });
      expect(encoded.ids.length).toBeGreaterThan(1);
      await pool.close();
      expect(childrenOf(process.pid)).toEqual([]);
    });

    test('ends with the process that started it, whatever it does', async () => {
      const slow = await modelWithRegex(directory, 'pre_tokenizer', 'x+[^x]z?');
      const module = new URL('../../dist/tokens/tokenizer-process.js', import.meta.url).href;
      const program = `
        const { startTokenizerProcess } = await import(${JSON.stringify(module)});
        const tokenizer = startTokenizerProcess(${JSON.stringify(slow)});
        await tokenizer.ready;
        console.log('ready');
        await tokenizer.run({ op: 'encode', texts: ['x'.repeat(2_000_000)], addSpecial: true });
      `;
      const args = ['--input-type=module', '--eval', program];
      const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(parent.stdout, 'data');
      const [pid] = childrenOf(parent.pid!);
      expect(isRunning(pid!)).toBe(true);
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      const deadline = Date.now() + 60_000;
      while (isRunning(pid!) && Date.now() < deadline) await sleep(20);
      expect(isRunning(pid!)).toBe(false);
      await rm(slow, { recursive: true });
    });
  },
  ['stories260K'],
);
