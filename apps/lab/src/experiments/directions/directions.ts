import { join } from 'node:path';
import {
  type Action,
  type Column,
  formatSeconds,
  formatShare,
  renderTable,
  writeReport,
} from '@facet/console';
import { mean, measureRelation, type RelationMeasurement } from '@facet/experiments';
import { LAB_MODEL, withLab } from '../../landmarks/lab.ts';
import type { ExperimentOptions } from '../definition.ts';
import type { Directions } from './findings.ts';
import { readRepresentations } from './phrase-vectors.ts';
import { directionsPage } from './report.ts';
import { worldRelations } from './world-relations.ts';

/** Experiment 4: linear relations (Mikolov et al. 2013; Hernandez et al. 2024). */
export const runDirections: Action<ExperimentOptions> = async (invocation, options) => {
  const started = performance.now();
  const directions = await withLab(options, invocation, async ({ clients, tokenized, seed }) => {
    const relations = worldRelations(tokenized.world, tokenized.lexicon);
    const stage = invocation.progress.stage('read vectors');
    const { model } = await clients.inference.getModel({ name: LAB_MODEL });
    const layers = model?.nLayers ?? 0;
    const { signal } = invocation;
    const representations = await readRepresentations(clients, relations.phrases, layers, signal);
    stage.done(`${relations.phrases.length} phrases`);
    const measured = relations.relations.map((relation) =>
      measureRelation(representations, relation, { seed: BigInt(seed) }),
    );
    const means = representations.map((_, layer) =>
      mean(measured.map(({ tables }) => tables[layer].accuracy)),
    );
    return { ...relations, representations, measured, best: means.indexOf(Math.max(...means)) };
  });
  const result = { ...directions, seed: options.seed, seconds: (performance.now() - started) / 1000 };
  const path = await writeReport(join(options.out, 'directions.html'), await directionsPage(result));
  return { text: render(result, path), json: directionsJson(result, path) };
};

interface RelationRow extends RelationMeasurement {
  relation: string;
  pairs: number;
  layer: string;
  bestPValue: number;
}

const COLUMNS: readonly Column<RelationRow>[] = [
  { title: 'relation', cell: ({ relation }) => relation },
  { title: 'pairs', cell: ({ pairs }) => String(pairs), align: 'right' },
  { title: 'best in', cell: ({ layer }) => layer },
  { title: 'accuracy', cell: ({ accuracy }) => formatShare(accuracy), align: 'right' },
  { title: 'chance', cell: ({ chance }) => formatShare(chance), align: 'right' },
  { title: 'no offset', cell: ({ baseline }) => formatShare(baseline), align: 'right' },
  { title: 'shuffled', cell: ({ shuffled }) => formatShare(shuffled), align: 'right' },
  { title: 'p', cell: ({ bestPValue }) => bestPValue.toFixed(3), align: 'right' },
  { title: 'same kind', cell: ({ groupAccuracy }) => formatShare(groupAccuracy), align: 'right' },
  { title: 'all names', cell: ({ openAccuracy }) => formatShare(openAccuracy), align: 'right' },
  { title: 'no offset', cell: ({ openBaseline }) => formatShare(openBaseline), align: 'right' },
  { title: 'a:b::c:?', cell: ({ analogies }) => formatShare(analogies.accuracy), align: 'right' },
];

function render(directions: Directions, path: string): string {
  const { relations, representations, measured, best, seconds } = directions;
  const rows = relations.map(({ name, pairs }, i) => ({
    ...measured[i].tables[measured[i].best],
    relation: name,
    pairs: pairs.length,
    layer: representations[measured[i].best].name,
    bestPValue: measured[i].bestPValue,
  }));
  return [
    renderTable(rows, COLUMNS),
    `Best over all relations: ${representations[best].name}. ${formatSeconds(seconds)}.`,
    `Report: ${path}`,
  ].join('\n\n');
}

function directionsJson(directions: Directions, report: string) {
  const { relations, representations, measured, best, seed, seconds } = directions;
  return {
    experiment: 'directions',
    seed: Number(seed),
    relations: relations.flatMap(({ name, pairs }, i) =>
      measured[i].tables.map((table, layer) => ({
        name,
        pairs: pairs.length,
        layer: representations[layer].name,
        hook_point: representations[layer].hookPoint,
        accuracy: table.accuracy,
        baseline: table.baseline,
        chance: table.chance,
        shuffled: table.shuffled,
        p_value: table.pValue,
        same_kind: { accuracy: table.groupAccuracy, chance: table.groupChance },
        all_names: { accuracy: table.openAccuracy, baseline: table.openBaseline, chance: table.openChance },
        analogies: table.analogies,
      })),
    ),
    best: relations.map(({ name }, i) => ({
      name,
      layer: representations[measured[i].best].name,
      accuracy: measured[i].tables[measured[i].best].accuracy,
      p_value: measured[i].bestPValue,
    })),
    best_layer: representations[best].name,
    report,
    seconds,
  };
}
