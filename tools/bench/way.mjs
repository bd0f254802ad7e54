// `npm run bench:way`: the whole way through five real service processes, against PyTorch in the same run.
import {
  ActivationSetServiceDefinition,
  DataType,
  IndexingServiceDefinition,
  TrainingServiceDefinition,
} from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { SHARED } from '../../apps/e2e/dist/system/repository.js';
import { startSystem } from '../../apps/e2e/dist/system/system.js';
import { median, report, torch } from './report.mjs';

const TOKENS = 500_000;
const REPEATS = 3;
const CORPUS = `${SHARED}/data/text/tinystories.txt`;
const SAE = { d_sae: 1024, k: 16, batch: 4096 };
const MODELS = [
  { id: 'stories260K', hook: 'blocks.2.hook_resid_post', d: 64 },
  { id: 'tinystories-656K', hook: 'blocks.0.hook_resid_post', d: 128 },
];

const progress = (text) => process.stderr.write(`${text}\n`);
const system = await startSystem({ models: MODELS.map(({ id }) => `${SHARED}/data/models/${id}`) });
const rows = [];
const figures = {};
try {
  const client = (service, definition) => createServiceClient(definition, connect(system.addresses[service]));
  const sets = client('capture', ActivationSetServiceDefinition);
  const runs = client('training', TrainingServiceDefinition);
  const indexes = client('features', IndexingServiceDefinition);
  for (const [index, model] of MODELS.entries()) {
    const { rates, activationSet, torchFull, torchHalf, halfBlocks } = await capture(sets, model);
    const rate = median(rates);
    const what = `capture, ${model.id} to ${model.hook}`;
    rows.push(row(what, rate, 'PyTorch full forward', torchFull));
    rows.push(row(what, rate, `PyTorch forward, stopped after block ${halfBlocks}`, torchHalf));
    if (index > 0) continue;
    figures.capture_tokens_per_s = Math.round(rate);
    figures.capture_ratio_torch_full = ratio(rate, torchFull);
    figures.capture_ratio_torch_stopped = ratio(rate, torchHalf);
    figures.torch_stopped_after_blocks = halfBlocks;
    const trained = await train(runs, activationSet, model.d);
    rows.push(
      row(`training, ${model.d} × ${SAE.d_sae}, k ${SAE.k}`, trained.rate, 'PyTorch step', trained.torchRate),
    );
    figures.training_tokens_per_s = Math.round(trained.rate);
    figures.training_ratio_torch = ratio(trained.rate, trained.torchRate);
    const indexed = await buildIndex(indexes, trained.sae, activationSet);
    rows.push(row(`indexing, ${model.d} × ${SAE.d_sae}, l0 ${SAE.k}, events`, indexed, '–'));
    figures.index_events_per_s = Math.round(indexed);
    figures.index_conditions = { d_in: model.d, d_sae: SAE.d_sae, k: SAE.k, tokens: TOKENS };
  }
} finally {
  await system.stop();
}
report('The way: corpus → activation set → SAE → index', rows, figures);

async function capture(sets, { id, hook }) {
  const rates = [];
  const torchRates = { full: [], half: [] };
  let halfBlocks;
  let activationSet;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    progress(`capture ${id}, ${repeat + 1} of ${REPEATS}`);
    const speeds = torch('torch_lm.py', 'speed', `${SHARED}/data/models/${id}`);
    const [, full, blocks, half] = /full (\d+) tok[\s\S]*stop at (\d+) (\d+) tok/.exec(speeds).map(Number);
    torchRates.full.push(full);
    torchRates.half.push(half);
    halfBlocks = blocks;
    const begun = performance.now();
    const { activationSet: created } = await sets.createActivationSet({
      activationSetId: `${id.toLowerCase()}-${repeat}`,
      spec: {
        model: `models/${id.toLowerCase()}`,
        hookPoint: hook,
        maxTokens: BigInt(TOKENS),
        contextTokens: 256,
        dtype: DataType.F16,
        corpus: { uri: CORPUS, format: { $case: 'plainText', value: {} } },
      },
    });
    activationSet = await final(sets.watchActivationSet({ name: created.name }), 'activationSet', 'ACTIVE');
    rates.push((Number(activationSet.summary.rows) / (performance.now() - begun)) * 1000);
  }
  const [torchFull, torchHalf] = [median(torchRates.full), median(torchRates.half)];
  return { rates, activationSet: activationSet.name, torchFull, torchHalf, halfBlocks };
}

async function train(runs, activationSet, d) {
  const torchMs = () =>
    Number(/: (\d+) ms\/step/.exec(torch('torch_sae_step.py', 'topk', d, SAE.d_sae, SAE.batch, SAE.k, 9))[1]);
  const torchTimes = [torchMs()];
  const rates = [];
  let run;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    progress(`training, ${repeat + 1} of ${REPEATS}`);
    const { trainingRun } = await runs.createTrainingRun({
      trainingRunId: `bench-${repeat}`,
      spec: {
        activationSets: [activationSet],
        dSae: SAE.d_sae,
        batchTokens: SAE.batch,
        tokens: 2_000_000n,
        recipe: { $case: 'topk', value: { k: SAE.k } },
      },
    });
    run = await final(runs.watchTrainingRun({ name: trainingRun.name }), 'trainingRun', 'SUCCEEDED');
    rates.push(1e6 / run.evaluation.secondsPerMillionTokens);
    torchTimes.push(torchMs());
  }
  return { rate: median(rates), torchRate: (SAE.batch / median(torchTimes)) * 1000, sae: run.spec.sae };
}

async function buildIndex(indexes, sae, activationSet) {
  const rates = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    progress(`indexing, ${repeat + 1} of ${REPEATS}`);
    const { indexingRun } = await indexes.createIndexingRun({
      indexingRunId: `bench-${repeat}`,
      spec: { sae, activationSet },
    });
    const { summary } = await final(
      indexes.watchIndexingRun({ name: indexingRun.name }),
      'indexingRun',
      'SUCCEEDED',
    );
    rates.push(Number(summary.events) / summary.seconds);
  }
  return median(rates);
}

async function final(events, field, wanted) {
  let resource;
  for await (const event of events) resource = event[field];
  if (!resource.state.endsWith(wanted))
    throw new Error(`${resource.name} ended ${resource.state}: ${resource.error?.message}`);
  return resource;
}

function row(what, rate, peer, peerRate) {
  return {
    what,
    'per second': Math.round(rate).toLocaleString('en'),
    peer,
    'peer per second': peerRate ? Math.round(peerRate).toLocaleString('en') : '–',
    ratio: peerRate ? `${ratio(rate, peerRate)}×` : '–',
  };
}

function ratio(a, b) {
  return Math.round((a / b) * 100) / 100;
}
