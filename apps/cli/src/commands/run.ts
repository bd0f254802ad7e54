import {
  type Action,
  addAddressOptions,
  addCommand,
  type Clients,
  createTimings,
  DEFAULT_DATA_DIRECTORY,
  type Invocation,
  type Run,
  readAddresses,
  repeatable,
  STEER_MODES,
  type Timings,
  withClients,
} from '@facet/console';
import type { Command } from 'commander';
import { addCorpusOptions } from '../parse/corpus.ts';
import { addSamplingOptions } from '../parse/sampling.ts';
import { addTrainingOptions } from '../parse/training.ts';
import { cleanUpRun } from '../run/clean-up.ts';
import { DEFAULT_BATCH, DEFAULT_EPOCHS, planRun, type RunOptions, type RunPlan } from '../run/plan.ts';
import { renderRun, runJson } from '../run/report.ts';
import { goTheWay, type WayResult } from '../run/way.ts';

/** Adds `facet run`: the whole way from a corpus to steered text. */
export function addRunCommand(program: Command, run: Run): void {
  const modes = Object.keys(STEER_MODES).join(', ');
  const command = addCommand(program, 'run', 'capture, train, index, find a feature and steer with it')
    .requiredOption('--model <directory>', 'Hugging Face model directory; with --connect the name of a model')
    .requiredOption('--hook <name>', 'hook point, such as blocks.2.hook_resid_post')
    .addOption(repeatable('--find <texts>', 'texts that the feature is for, "a|b"').makeOptionMandatory())
    .addOption(repeatable('--against <texts>', 'texts that it is not for, "c|d"').makeOptionMandatory())
    .requiredOption('--steer <mode>', `what to do with the feature: ${modes}`)
    .requiredOption('--prompt <text>', 'text to go on from')
    .option('--tokens <count>', 'capture this many tokens (default: the whole corpus)')
    .option('--context <count>', 'tokens of a context (default: 256 or the model’s longest)')
    .option('--separate-documents', 'begin a context with every document (default: documents fill contexts)')
    .option('--epochs <number>', 'passes of training over the captured tokens', DEFAULT_EPOCHS)
    .option('--max-density <share>', 'only features that fire at most this often', '1')
    .option('--feature <index>', 'steer with this feature instead of the best one')
    .option('--positions <count>', 'positions of the proof that are shown', '12')
    .option('--id <id>', 'id of everything that the run makes (default: one is chosen)')
    .option('--keep', 'keep what an interrupted run made (default: it is deleted)')
    .option('--data-dir <directory>', 'where everything is stored', DEFAULT_DATA_DIRECTORY)
    .option('--connect', 'use running services instead of starting them in this process');
  const withCorpus = addCorpusOptions(command);
  addAddressOptions(addSamplingOptions(addTrainingOptions(withCorpus, DEFAULT_BATCH))).action(run(runTheWay));
}

const runTheWay: Action<RunOptions> = async (invocation, options) => {
  const plan = await planRun(options, invocation.env);
  const timings = createTimings(() => performance.now());
  const result =
    plan.services.kind === 'running'
      ? await withClients(readAddresses(options, invocation.env), (clients) =>
          goOrCleanUp(clients, plan, invocation, timings),
        )
      : await runEmbedded(plan, invocation, timings);
  const spent = { stages: timings.stages, total: timings.total() };
  return { text: renderRun(plan, result, spent, invocation), json: runJson(plan, result, spent) };
};

async function runEmbedded(plan: RunPlan, invocation: Invocation, timings: Timings): Promise<WayResult> {
  if (plan.services.kind !== 'embedded') throw new Error('the plan is not for embedded services');
  const { dataDirectory, modelDirectory, modelId } = plan.services;
  const options = {
    dataDirectory,
    models: [`${modelId}=${modelDirectory}`],
    corpora: [plan.capture.corpus!.uri],
    ports: 'any' as const,
    logLevel: plan.verbose ? 'info' : 'silent',
  };
  const start = async () => (await import('@facet/stack')).startStack(options, invocation);
  const stack = await timings.measure('start', start, () => 'five services and ClickHouse');
  let result: WayResult;
  try {
    result = await withClients(stack.addresses, async (clients) =>
      goOrCleanUp(clients, await forHeldModel(clients, plan, invocation), invocation, timings),
    );
  } catch (error) {
    await stack.stop();
    throw error;
  }
  await timings.measure(
    'stop',
    () => stack.stop(),
    () => '',
  );
  return result;
}

/** The plan for the one model that the services hold: where it is quantized, it has another name than its folder. */
async function forHeldModel(clients: Clients, plan: RunPlan, { signal }: Invocation): Promise<RunPlan> {
  const { models } = await clients.inference.listModels({}, { signal });
  return { ...plan, capture: { ...plan.capture, model: models[0]!.name } };
}

/** An interrupted run takes away what it made, unless it is told to keep it; one that fails says what it leaves. */
async function goOrCleanUp(
  clients: Clients,
  plan: RunPlan,
  invocation: Invocation,
  timings: Timings,
): Promise<WayResult> {
  const made = new Set<string>();
  try {
    return await goTheWay(clients, plan, invocation, { timings, made });
  } catch (error) {
    const cleaning = invocation.signal.aborted && !plan.keep;
    const names = cleaning ? await cleanUpRun(clients, made) : [...made];
    if (names.length > 0) invocation.progress.note(`${cleaning ? 'deleted' : 'kept'} ${names.join(', ')}`);
    throw error;
  }
}
