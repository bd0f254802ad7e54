import { resolve } from 'node:path';
import {
  type Action,
  type AddressOptions,
  addAddressOptions,
  addCommand,
  DEFAULT_DATA_DIRECTORY,
  type Palette,
  type Run,
  readAddresses,
  renderTable,
} from '@facet/console';
import { EXIT_CODES } from '@facet/mesh';
import type { Command } from 'commander';
import type { Check } from '../doctor/check.ts';
import { checkMachine } from '../doctor/machine.ts';
import { checkOrphans } from '../doctor/orphans.ts';
import { checkPrograms } from '../doctor/programs.ts';
import { checkServices } from '../doctor/services.ts';

interface DoctorOptions extends AddressOptions {
  dataDir: string;
}

/** Adds `facet doctor`: is everything here that Facet needs? */
export function addDoctorCommand(program: Command, run: Run): void {
  const command = addCommand(program, 'doctor', 'check this machine and the services that run').option(
    '--data-dir <directory>',
    'where everything is stored',
    DEFAULT_DATA_DIRECTORY,
  );
  addAddressOptions(command).action(run(examine));
}

const examine: Action<DoctorOptions> = async (invocation, options) => {
  const { env, palette } = invocation;
  const addresses = readAddresses(options, env);
  const groups = await Promise.all([
    checkMachine(options.dataDir),
    checkPrograms(env),
    checkServices({ addresses, env, dataDirectory: resolve(options.dataDir) }),
    checkOrphans({ dataDirectory: options.dataDir, env }).then((check) => [check]),
  ]);
  const checks = groups.flat();
  const healthy = checks.every(({ status }) => status !== 'failed');
  return {
    text: `${renderChecks(checks, palette)}\n\n${verdict(checks)}`,
    json: { healthy, checks },
    exitCode: healthy ? EXIT_CODES.OK : EXIT_CODES.PRECONDITION,
  };
};

function renderChecks(checks: readonly Check[], palette: Palette): string {
  const marks = {
    ok: palette.green('ok'),
    warning: palette.yellow('warning'),
    failed: palette.red('FAILED'),
  };
  return renderTable(
    checks,
    [
      { title: '', cell: ({ status }) => marks[status] },
      { title: 'what', cell: ({ name }) => name },
      { title: 'found', cell: ({ found, remedy }) => (remedy === '' ? found : `${found}: ${remedy}`) },
    ],
    palette,
  );
}

function verdict(checks: readonly Check[]): string {
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  const failures = count('failed');
  if (failures > 0) return `${failures} of ${checks.length} checks failed`;
  return count('warning') > 0 ? 'ready, with warnings' : 'ready';
}
