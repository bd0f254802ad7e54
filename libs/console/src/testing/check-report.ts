import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHECK = fileURLToPath(new URL('../../../../tools/check-report.mjs', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? 'chromium';
/** A browser under load takes this long at most, milliseconds. */
const TIMEOUT_MS = 60_000;

/** Whether there is a browser to look at reports with. */
export const hasBrowser = spawnSync(CHROMIUM, ['--version'], { timeout: TIMEOUT_MS }).status === 0;

/** Opens a report in headless Chromium; throws what the check says when it logs an error, asks for a file or shows no figure. */
export function checkReport(path: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK, path], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (status !== 0) throw new Error(`${path} is not sound in ${CHROMIUM}: ${stdout}${stderr}`);
}
