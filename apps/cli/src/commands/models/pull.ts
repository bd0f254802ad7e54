import { type Action, addCommand, type CommandResult, type Run, type Stage } from '@facet/console';
import {
  describeRepository,
  modelIdOf,
  type PulledModel,
  type PullProgress,
  pullModel,
  readHubSettings,
  requireRepository,
} from '@facet/hub';
import type { Command } from 'commander';

/** Adds `facet models pull <repository>`: brings a model from a hub into the cache that Hugging Face's own tools use. */
export function addPullCommand(parent: Command, run: Run): void {
  addCommand(parent, 'pull <repository>', 'get a model from a hub: organisation/name[@revision]')
    .addHelpText('after', ENVIRONMENT)
    .action(run(pull));
}

const ENVIRONMENT = `
Environment: HF_ENDPOINT (https://huggingface.co), HF_TOKEN (private and gated models), HF_HUB_CACHE or HF_HOME (where the
model goes: ~/.cache/huggingface/hub), HF_HUB_OFFLINE=1 (only look into the cache). A pull that broke off goes on where it was.`;

const pull: Action<object> = async ({ signal, env, progress }, _options, operand) => {
  const repository = requireRepository(operand!);
  const label = describeRepository(repository);
  const stage = progress.stage(`pull ${label}`);
  try {
    const pulled = await pullModel(repository, readHubSettings(env), { signal, onProgress: reportTo(stage) });
    stage.done(describeBytes(pulled.bytes));
    return describePulled(pulled, label);
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted; what has come already is kept' : 'failed');
    throw error;
  }
};

const MIB = 2 ** 20;

function reportTo(stage: Stage): (progress: PullProgress) => void {
  const start = { ms: performance.now(), bytes: 0, total: -1 };
  return ({ file, doneBytes, totalBytes }) => {
    if (totalBytes !== start.total)
      Object.assign(start, { ms: performance.now(), bytes: doneBytes, total: totalBytes });
    const seconds = (performance.now() - start.ms) / 1000;
    const rate = seconds > 0 ? (doneBytes - start.bytes) / seconds : 0;
    stage.update({
      done: Math.floor(doneBytes / MIB),
      total: Math.ceil(totalBytes / MIB),
      unit: 'MiB',
      rate: rate / MIB,
      etaSeconds: rate > 0 ? (totalBytes - doneBytes) / rate : undefined,
      detail: file,
    });
  };
}

function describePulled({ commit, directory, bytes }: PulledModel, label: string): CommandResult {
  const model = modelIdOf(directory);
  return {
    text: `${label} is in ${directory}\n\nfacet up --model ${label}   holds it as models/${model}`,
    json: { model: `models/${model}`, repository: label, commit, directory, bytes },
  };
}

function describeBytes(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`;
}
