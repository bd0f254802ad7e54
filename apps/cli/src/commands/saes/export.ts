import { join, resolve } from 'node:path';
import { type AddressOptions, addClientCommand, type Run } from '@facet/console';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { parseSaeFormat, SAE_FORMAT_NAMES, saeFormatName } from '../../parse/sae-format.ts';
import { clientAction } from '../client-action.ts';

interface ExportOptions extends AddressOptions {
  format?: string;
}

/** Adds `facet saes export`. */
export function addExportCommand(group: Command, run: Run): void {
  addClientCommand(group, 'export <name> <directory>', 'write an SAE for another tool, where the service can')
    .option('--format <format>', `${SAE_FORMAT_NAMES} (default: saelens)`)
    .action(run(exportSae));
}

const exportSae = clientAction<ExportOptions>(async (clients, { signal }, options, operand, directory) => {
  const name = parseResource(operand!, 'saes', 'SAE');
  const uri = resolve(directory!);
  const request = { name, uri, format: parseSaeFormat(options.format) };
  const { files, format, conversions } = await clients.saes.exportSae(request, { signal });
  const lines = [...files.map((file) => join(uri, file)), ...conversions.map((text) => `converted: ${text}`)];
  return {
    text: lines.join('\n'),
    json: { directory: uri, format: saeFormatName(format), files, conversions },
  };
});
