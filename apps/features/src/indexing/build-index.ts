import {
  type ActivationSet,
  type ActivationShard,
  openActivationSet,
  readSaeManifest,
} from '@facet/artifacts';
import {
  type CorpusRows,
  createExampleCollector,
  createStatistics,
  type ExampleCollector,
  type FeatureIndex,
  type IndexInfo,
  type IndexWriter,
  type StatisticsAccumulator,
} from '@facet/feature-index';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import type { Inference } from '../inference.ts';
import type { LabelStore } from '../labels/label-store.ts';
import { BLOCK_ROWS } from '../limits.ts';
import type { HeldTurn } from '../runs/index-turns.ts';
import { indexLineage, replaced } from '../runs/lineage-check.ts';
import type { ProgressMeter } from '../runs/progress-meter.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { ReadySae, SaeLibrary } from '../sae-library.ts';
import { type Block, contextBlocks } from './context-blocks.ts';
import { settleFacts } from './late-facts.ts';
import { readTokenTexts } from './token-texts.ts';
import { useIndexedSae } from './use-indexed-sae.ts';
import { projectDecoder } from './vocabulary-effects.ts';

/** What indexing needs. */
export interface IndexingParts {
  store: ObjectStore;
  index: FeatureIndex;
  saes: SaeLibrary;
  inference: Inference;
  labels: LabelStore;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface BuildOptions {
  meter: ProgressMeter;
  /** The worker's turn at the index of the SAE. */
  turn: HeldTurn;
  signal: AbortSignal;
}

/** A finished index, not seen yet, and what it made known of its SAE, a sentence each. */
export interface BuiltIndex {
  index: IndexInfo;
  notices: string[];
}

/**
 * Builds the index of a run: encodes its activation set with its SAE, writes events, statistics, examples and vocabulary
 * effects. The index is finished then, and seen once it is published. What the SAE came without, the set makes known.
 */
export async function buildIndex(
  parts: IndexingParts,
  record: RunRecord,
  options: BuildOptions,
): Promise<BuiltIndex> {
  const set = await openActivationSet(parts.store, record.activationSet);
  await parts.index.ensureSchema(options.signal);
  return useIndexedSae(parts, { record, set, ...options }, async (sae, facts) => {
    const writer = await parts.index.begin({ sae: record.sae, now: parts.now(), signal: options.signal });
    await options.turn.begin(writer.generation);
    const collected = await encodeSet({ sae, set, writer, maxRows: record.maxTokens }, options);
    const index = await finishIndex(parts, record, { sae, set, writer, collected, ...options });
    await requireStanding(parts.store, record, sae);
    await options.turn.requireHeld();
    return { index, notices: await settleFacts(parts.store, { sae, set, facts, now: parts.now() }) };
  });
}

/** An SAE that was deleted or replaced meanwhile gets no index. */
async function requireStanding(
  store: ObjectStore,
  { id, sae }: RunRecord,
  { identity }: ReadySae,
): Promise<void> {
  const now = await absentAsUndefined(() => readSaeManifest(store, sae));
  if (now?.sha256 !== identity.manifestSha256) throw replaced(`saes/${sae}`, id);
}

interface Encoding {
  sae: ReadySae;
  set: ActivationSet;
  writer: IndexWriter;
  /** 0: all rows. */
  maxRows: number;
}

interface Collected {
  statistics: StatisticsAccumulator;
  examples: ExampleCollector;
  rows: number;
}

async function encodeSet(
  { sae, set, writer, maxRows }: Encoding,
  { meter, signal }: BuildOptions,
): Promise<Collected> {
  const { d_sae } = sae.sae.cfg;
  const total = Math.min(maxRows || Number.POSITIVE_INFINITY, set.manifest.body.rows);
  const collected: Collected = {
    statistics: createStatistics(d_sae),
    examples: createExampleCollector(d_sae),
    rows: 0,
  };
  meter.begin('encoding', total, 'tokens');
  for await (const shard of shardsAhead(set, signal)) {
    const rows = Math.min(shard.rows, total - collected.rows);
    for (const block of contextBlocks(shard.positions, rows, BLOCK_ROWS)) {
      signal.throwIfAborted();
      await encodeBlock({ sae, writer, shard, block }, collected);
      meter.advance(block.end - block.start);
    }
    if (collected.rows >= total) break;
  }
  return collected;
}

/** Reads every shard while the one before it is being encoded. */
async function* shardsAhead(set: ActivationSet, signal: AbortSignal): AsyncGenerator<ActivationShard> {
  const count = set.manifest.body.shards.length;
  let next = set.readShard(0, { signal });
  for (let shard = 0; shard < count; shard += 1) {
    const current = await next;
    if (shard + 1 < count) {
      next = set.readShard(shard + 1, { signal });
      next.catch(() => {});
    }
    yield current;
  }
}

interface BlockWork {
  sae: ReadySae;
  writer: IndexWriter;
  shard: ActivationShard;
  block: Block;
}

async function encodeBlock({ sae, writer, shard, block }: BlockWork, collected: Collected): Promise<void> {
  const { start, end } = block;
  const { d_in } = sae.sae.cfg;
  const activations = shard.activations.subarray(start * d_in, end * d_in);
  const sparse = await sae.encoder.encode(activations, end - start);
  const corpus: CorpusRows = {
    firstRow: collected.rows,
    tokenIds: shard.tokenIds.subarray(start, end),
    documents: shard.documents.subarray(start, end),
    positions: shard.positions.subarray(start, end),
    special: shard.special.subarray(start, end),
  };
  collected.statistics.add(sparse, corpus.special);
  collected.examples.add(sparse, corpus);
  await writer.writeEvents(sparse, corpus);
  collected.rows += end - start;
}

interface Finishing extends BuildOptions {
  sae: ReadySae;
  set: ActivationSet;
  writer: IndexWriter;
  collected: Collected;
}

async function finishIndex(
  { inference, labels }: IndexingParts,
  record: RunRecord,
  { sae, set, writer, collected, meter, signal }: Finishing,
): Promise<IndexInfo> {
  const { statistics, examples, rows } = collected;
  const { d_sae } = sae.sae.cfg;
  const lineage = indexLineage(sae, set);
  const model = lineage.modelId;
  const effects = await projectDecoder({ inference, model, sae: sae.sae, meter, signal });
  const list = Array.from({ length: d_sae }, (_, feature) => examples.of(feature));
  const texts = await readTokenTexts({ inference, model, examples: list, signal });
  meter.begin('writing', d_sae, 'features');
  await labels.restore(sae.identity);
  const summary = {
    run: record.id,
    d_sae,
    tokens: statistics.tokens,
    excludedRows: rows - statistics.tokens,
    liveFeatures: statistics.liveFeatures,
    lineage: givenStrings(lineage),
  };
  return writer.finish(summary, {
    feature: (feature) => ({
      statistics: statistics.of(feature),
      top: effects[feature]!.top,
      bottom: effects[feature]!.bottom,
      examples: list[feature]!,
    }),
    textOf: (tokenId) => texts.get(tokenId) ?? '',
  });
}

function givenStrings(lineage: object): Record<string, string> {
  return Object.fromEntries(Object.entries(lineage).filter(([, value]) => typeof value === 'string'));
}
