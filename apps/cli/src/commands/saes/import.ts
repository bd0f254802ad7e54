import { resolve } from 'node:path';
import {
  type AddressOptions,
  addClientCommand,
  type Field,
  parseDecimal,
  type Run,
  renderFields,
} from '@facet/console';
import { Sae } from '@facet/contracts';
import { parseId } from '@facet/mesh';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { parseSaeFormat, SAE_FORMAT_NAMES } from '../../parse/sae-format.ts';
import { saeFields } from '../../render/saes.ts';
import { clientAction } from '../client-action.ts';
import { requirePresent } from '../verbs/require-present.ts';

interface ImportOptions extends AddressOptions {
  model?: string;
  format?: string;
  hookPoint?: string;
  inputScale?: string;
}

/** Adds `facet saes import`. */
export function addImportCommand(group: Command, run: Run): void {
  addClientCommand(
    group,
    'import <id> <path>',
    'take in an SAE of another tool, from where the service can read',
  )
    .option(
      '--model <name>',
      'model that it reads (default: the one of the first activations it is indexed with)',
    )
    .option('--format <format>', `${SAE_FORMAT_NAMES} (default: told from its files)`)
    .option('--hook-point <name>', 'hook point that it reads (default: as its files say)')
    .option('--input-scale <factor>', 'factor of its inputs in training, for expected_average_only_in')
    .action(run(importSae));
}

const SCALES = { min: 1e-9, max: 1e9 };

const importSae = clientAction<ImportOptions>(async (clients, invocation, options, id, path) => {
  const request = {
    saeId: parseId(id!, 'id'),
    uri: resolve(path!),
    format: parseSaeFormat(options.format),
    model: options.model === undefined ? '' : parseResource(options.model, 'models', '--model'),
    hookPoint: options.hookPoint ?? '',
    inputScale:
      options.inputScale === undefined
        ? undefined
        : parseDecimal(options.inputScale, '--input-scale', SCALES),
  };
  const { sae, notices } = await clients.saes.importSae(request, { signal: invocation.signal });
  const imported = requirePresent(sae, 'SAE');
  const fields = [...saeFields(imported), ...notices.map((notice): Field => ['notice', notice])];
  const json = { ...(Sae.toJSON(imported) as object), notices };
  return { text: renderFields(fields, invocation.palette), json };
});
