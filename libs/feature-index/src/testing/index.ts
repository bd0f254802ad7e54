export { type ClickhouseProcess, startClickhouseProcess } from './clickhouse-process.ts';
export { createRandom, type SyntheticOptions, syntheticRows } from './synthetic-rows.ts';
