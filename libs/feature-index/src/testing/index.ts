export { type ClickhouseProcess, startClickhouseProcess } from './clickhouse-process.ts';
export { indexDump } from './index-dump.ts';
export { buildSyntheticIndex, SYNTHETIC_FEATURES, saeOf } from './synthetic-index.ts';
export { createRandom, type SyntheticOptions, syntheticRows } from './synthetic-rows.ts';
