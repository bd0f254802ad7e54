import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type Action,
  addCommand,
  type CommandResult,
  DEFAULT_DATA_DIRECTORY,
  type Invocation,
  type Run,
  renderFields,
  repeatable,
  SERVICE_NAMES,
} from '@facet/console';
import { FacetError } from '@facet/errors';
import { createLogger, guardProcess, redactPassword } from '@facet/mesh';
import type { Stack } from '@facet/stack';
import type { Command } from 'commander';
import { parseModelLocation } from '../parse/model-location.ts';

interface UpOptions {
  model?: string[];
  corpora?: string[];
  dataDir: string;
  verbose?: boolean;
}

/** Adds `facet up`: all services on this machine. */
export function addUpCommand(program: Command, run: Run): void {
  addCommand(program, 'up', 'run all services on this machine until Ctrl-C')
    .addOption(
      repeatable(
        '--model <directory>',
        'Hugging Face model directory, or the name of a pulled model, also as id=directory; can be given again (else FACET_MODELS)',
      ),
    )
    .addOption(
      repeatable(
        '--corpora <directory>',
        'folder whose files may be captured; can be given again (default: FACET_CORPUS_ROOT, else the current one)',
      ),
    )
    .option('--data-dir <directory>', 'where everything is stored', DEFAULT_DATA_DIRECTORY)
    .addHelpText('after', ENVIRONMENT)
    .action(run(up));
}

const ENVIRONMENT = `
Environment: FACET_INFERENCE_LISTEN and its siblings (host:port), FACET_CLICKHOUSE_LISTEN, FACET_CLICKHOUSE_URL (use a
ClickHouse server), FACET_CLICKHOUSE_PASSWORD (else a random one for every start, in clickhouse/connection.json of the
data directory), NATS_URL (use NATS JetStream), FACET_OBJECTS_URL, FACET_LOG_LEVEL, and what each service reads.`;

const up: Action<UpOptions> = async (invocation, options) => {
  const dataDirectory = resolve(options.dataDir);
  const { startStack } = await import('@facet/stack');
  const stack = await startStack(
    {
      dataDirectory,
      models: await modelsOf(options, invocation.env),
      corpora: await corporaOf(options, invocation.env),
      ports: 'standard',
      logLevel: options.verbose ? 'debug' : 'info',
    },
    invocation,
  );
  invocation.print(describeStack(stack, dataDirectory, invocation));
  const failure = await Promise.race([interrupted(invocation.signal), fatalError()]);
  const stage = invocation.progress.stage('stop');
  await stack.stop();
  stage.done('all services drained');
  if (failure !== undefined) throw failure;
  return undefined;
};

/** The models to hold, as FACET_MODELS takes them. */
async function modelsOf({ model }: UpOptions, env: Invocation['env']): Promise<string[]> {
  if (model !== undefined) return Promise.all(model.map((text) => parseModelLocation(text, env)));
  if (env.FACET_MODELS) return [env.FACET_MODELS];
  throw new FacetError(
    'invalid',
    'no model is given; add --model with a Hugging Face model directory or the name of a pulled model',
  );
}

/** Where corpora may lie: what is named, and where nothing is, the folder that the command was started in. */
async function corporaOf({ corpora }: UpOptions, env: Invocation['env']): Promise<string[]> {
  if (corpora !== undefined) return Promise.all(corpora.map(existingFolder));
  return env.FACET_CORPUS_ROOT ? [] : [process.cwd()];
}

async function existingFolder(path: string): Promise<string> {
  const folder = resolve(path);
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return folder;
  throw new FacetError(
    'invalid',
    `--corpora ${path} is not a folder; name the folder that holds the corpora`,
  );
}

function describeStack(stack: Stack, dataDirectory: string, { palette }: Invocation): CommandResult {
  const { addresses, clickhouseUrl, clickhouseConnectionFile, eventsUrl, objectsUrl } = stack;
  const events = redactPassword(eventsUrl);
  const fields = renderFields(
    [
      ...SERVICE_NAMES.map((name): [string, string] => [name, addresses[name]]),
      ['clickhouse', clickhouseUrl],
      ...(clickhouseConnectionFile ? [['credentials', clickhouseConnectionFile] as [string, string]] : []),
      ['events', events],
      ['objects', objectsUrl],
    ],
    palette,
  );
  return {
    text: `${fields}\n\nready; Ctrl-C stops`,
    json: {
      addresses,
      clickhouseUrl,
      clickhouseConnectionFile,
      eventsUrl: events,
      objectsUrl,
      dataDirectory,
    },
  };
}

/** Keeps the services alive from now on; resolves with an error after which they cannot go on. */
function fatalError(): Promise<FacetError> {
  return new Promise((onFatal) => guardProcess({ logger: createLogger({ service: 'facet' }), onFatal }));
}

function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
