export { type ClickhouseConfig, readClickhouseConfig } from './config.ts';
export {
  type ClickhouseConnection,
  connectionFileOf,
  netrcFileOf,
  readConnectionFile,
  USER as CLICKHOUSE_USER,
} from './connection-file.ts';
export { type RunningClickhouse, startClickhouse } from './service.ts';
export { type SpawnClickhouseOptions, type SpawnedClickhouse, spawnClickhouse } from './spawn-clickhouse.ts';
export {
  type ClickhouseEvent,
  type SupervisedClickhouse,
  superviseClickhouse,
} from './supervise-clickhouse.ts';
