import type { FeatureIndex } from '../index/feature-index.ts';
import type { FeatureSource } from '../index/index-writer.ts';
import type { IndexedSae } from '../index/records.ts';
import { createExampleCollector } from '../statistics/example-collector.ts';
import { createStatistics } from '../statistics/feature-statistics.ts';
import { createRandom, syntheticRows } from './synthetic-rows.ts';

/** Features of a synthetic index; the last four are dead. */
export const SYNTHETIC_FEATURES = 40;
const ROWS = 320;

/** The SAE of a name; another `version` is another SAE that took the name. */
export function saeOf(sae: string, version = 1): IndexedSae {
  return { sae, sha256: `weights-${sae}-${version}`, manifestSha256: `manifest-${sae}-${version}` };
}

/** Starts an index of synthetic shards; `complete` makes it visible. */
export async function buildSyntheticIndex(
  index: FeatureIndex,
  { of, seed }: { of: IndexedSae; seed: number },
) {
  const random = createRandom(seed);
  const d_sae = SYNTHETIC_FEATURES;
  const writer = await index.begin({ sae: of.sae, now: Date.now() });
  const [statistics, examples] = [createStatistics(d_sae), createExampleCollector(d_sae)];
  for (const firstRow of [0, ROWS]) {
    const shape = { rows: ROWS, d_sae: d_sae - 4, k: 4, firstRow, levels: 5 };
    const { sparse, corpus } = syntheticRows(random, shape);
    statistics.add(sparse, corpus.special);
    examples.add(sparse, corpus);
    await writer.writeEvents(sparse, corpus);
  }
  const source: FeatureSource = {
    feature: (feature) => ({
      statistics: statistics.of(feature),
      top: [{ tokenId: feature, text: ` word${feature}`, logit: 1.5 }],
      bottom: [{ tokenId: 1, text: 'x', logit: -0.25 }],
      examples: examples.of(feature),
    }),
    textOf: (tokenId) => ` t${tokenId}`,
  };
  const { tokens, liveFeatures } = statistics;
  const lineage = { modelId: 'm', saeSha256: of.sha256 };
  const facts = { run: `run-${seed}`, d_sae, tokens, excludedRows: 2 * ROWS - tokens, liveFeatures, lineage };
  const finish = () => writer.finish(facts, source);
  const complete = async () => {
    const info = await finish();
    await index.publish(info);
    return info;
  };
  return { finish, complete, statistics, examples };
}
