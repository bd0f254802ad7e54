import { type AddressOptions, addClientCommand, parseCount, type Run } from '@facet/console';
import { type ActivateTextResponse, RankStatistic } from '@facet/contracts';
import { answerTensors } from '@facet/mesh';
import { type Command, Option } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { renderTextActivations } from '../../render/text-activations.ts';
import { clientAction } from '../client-action.ts';

const STATISTICS = {
  max: RankStatistic.MAX,
  mean: RankStatistic.MEAN,
  sum: RankStatistic.SUM,
  'density-weighted': RankStatistic.DENSITY_WEIGHTED,
} as const;

interface ActivateOptions extends AddressOptions {
  rankBy: keyof typeof STATISTICS;
  limit: string;
}

const MAX_FEATURES = 1000;

/** Adds `facet features activate <sae> <text>`. */
export function addActivateCommand(group: Command, run: Run): void {
  const ranks = Object.keys(STATISTICS);
  addClientCommand(group, 'activate <sae> <text>', 'show which features fire on a text, over all features')
    .addOption(new Option('--rank-by <statistic>', 'how they are ranked').choices(ranks).default('max'))
    .option('--limit <count>', 'at most this many', '20')
    .action(run(activateText));
}

const activateText = clientAction<ActivateOptions>(async (clients, invocation, options, sae, text) => {
  const { signal, palette, columns } = invocation;
  const request = {
    parent: parseResource(sae!, 'saes', 'SAE'),
    text: text!,
    rankBy: STATISTICS[options.rankBy],
    pageSize: parseCount(options.limit, '--limit', { min: 1, max: MAX_FEATURES }),
  };
  const response = await clients.features.activateText(request, { signal });
  return {
    text: renderTextActivations(response, { palette, columns }),
    json: activationsJson(response),
  };
});

/** Tensors as plain arrays: base64 helps nobody on a command line. */
function activationsJson(response: ActivateTextResponse): unknown {
  const { tokenTexts, activations, fired } = response;
  return {
    tokenTexts,
    fired,
    activations: activations.map(({ feature, value, values }) => ({
      feature: feature?.name,
      value,
      values: [...answerTensors.floats(values, [tokenTexts.length], 'values')],
    })),
  };
}
