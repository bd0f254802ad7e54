import { setTimeout as delay } from 'node:timers/promises';
import { type SpawnClickhouseOptions, type SpawnedClickhouse, spawnClickhouse } from './spawn-clickhouse.ts';

/** Restarts within this time count together. */
const WINDOW_MS = 10 * 60_000;
/** Restarts within the window before it is left down: something is wrong that a restart does not mend. */
const MAX_RESTARTS = 5;
/** First and longest pause before a restart. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

export interface SuperviseClickhouseOptions extends SpawnClickhouseOptions {
  /** Told what happens to it: that it ended and why, that it is back, that it is left down. */
  onEvent: (event: ClickhouseEvent) => void;
}

export interface ClickhouseEvent {
  kind: 'ended' | 'restarted' | 'given-up';
  /** A sentence for the log. */
  text: string;
}

/** A ClickHouse in a process of its own that is started again when it ends by itself. */
export interface SupervisedClickhouse {
  url: string;
  password: string;
  /** Process id of the one that runs now. */
  readonly pid: number;
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts ClickHouse and starts it again when it ends by itself: at the same address, with the same password, on the same
 * data; after a pause that grows, and at most five times in ten minutes.
 */
export async function superviseClickhouse(
  options: SuperviseClickhouseOptions,
): Promise<SupervisedClickhouse> {
  let current = await spawnClickhouse(options);
  const { url, password } = current;
  const again = { ...options, password, listen: new URL(url).host };
  const stopping = new AbortController();
  const watching = watch();

  async function watch(): Promise<void> {
    const restarts: number[] = [];
    while (!stopping.signal.aborted) {
      const reason = await current.ended;
      if (stopping.signal.aborted) return;
      options.onEvent({
        kind: 'ended',
        text: `ClickHouse (process ${current.pid}) is gone: ${firstLine(reason)}`,
      });
      const next = await restart(again, { restarts, stopping: stopping.signal, onEvent: options.onEvent });
      if (next === undefined) return;
      current = next;
    }
  }

  return {
    url,
    password,
    get pid() {
      return current.pid;
    },
    async stop(graceMs) {
      stopping.abort();
      await current.stop(graceMs);
      await watching;
      await current.stop(graceMs);
    },
  };
}

interface Restarting {
  /** When it was started again, newest last. */
  restarts: number[];
  stopping: AbortSignal;
  onEvent: (event: ClickhouseEvent) => void;
}

async function restart(
  options: SpawnClickhouseOptions,
  { restarts, stopping, onEvent }: Restarting,
): Promise<SpawnedClickhouse | undefined> {
  for (;;) {
    const recent = restarts.filter((at) => at > performance.now() - WINDOW_MS).length;
    if (recent >= MAX_RESTARTS) {
      const text = `ClickHouse ended ${recent} times in ${WINDOW_MS / 60_000} minutes and is left down; read its messages and start Facet again`;
      onEvent({ kind: 'given-up', text });
      return undefined;
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 4 ** recent, LONGEST_PAUSE_MS);
    await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return undefined;
    restarts.push(performance.now());
    try {
      const next = await spawnClickhouse({ ...options, signal: stopping });
      onEvent({ kind: 'restarted', text: `ClickHouse runs again at ${next.url} (process ${next.pid})` });
      return next;
    } catch (error) {
      if (stopping.aborted) return undefined;
      onEvent({
        kind: 'ended',
        text: `ClickHouse did not start again: ${firstLine((error as Error).message)}`,
      });
    }
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
