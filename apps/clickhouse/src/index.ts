export { type ClickhouseConfig, readClickhouseConfig } from './config.ts';
export {
  type ClickhouseConnection,
  connectionFileOf,
  netrcFileOf,
  readConnectionFile,
  USER as CLICKHOUSE_USER,
} from './process/connection-file.ts';
export {
  type SpawnClickhouseOptions,
  type SpawnedClickhouse,
  spawnClickhouse,
} from './process/spawn-clickhouse.ts';
export {
  type ClickhouseEvent,
  type SupervisedClickhouse,
  superviseClickhouse,
} from './process/supervise-clickhouse.ts';
export { type RunningClickhouse, startClickhouse } from './service.ts';
